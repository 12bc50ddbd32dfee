// Runs the suites of scripts/lib/suites.mjs and closes with one line: `N passed, N failed, N skipped`.
//
//   npm test                      every suite but the long ones
//   npm run test:quick            the quick ones
//   npm run test:long             the long campaigns
//   npm test -- rust size         the named ones

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { findBrowser, missingBrowser } from './lib/browser.mjs';
import { elapsed, Failure, main, output, ROOT } from './lib/run.mjs';
import { install } from './lib/packages.mjs';
import { installPeer } from './lib/peers.mjs';
import { files } from './lib/stamp.mjs';
import { SUITES } from './lib/suites.mjs';
import { addCounts, cargoCounts, cargoFailures, closingLine, tapCounts } from './lib/counts.mjs';
import { pack } from './pack.mjs';
import { setup } from './setup.mjs';

/** Why a suite cannot run on this machine, or undefined. */
const NEEDS = {
  chromium: () => (findBrowser('chromium') ? undefined : missingBrowser('chromium')),
  firefox: () => (findBrowser('firefox') ? undefined : missingBrowser('firefox')),
  boto3: () =>
    output('python3', ['-c', 'import boto3']) === undefined ? 'Python with boto3 is not found' : undefined,
};

/** How long the tests of a file may take together, in milliseconds: one that hangs is a failure, and the others run. */
const PATIENCE = 20 * 60_000;

/** Runs a program with its output shown; resolves with its exit code and what it printed on stdout. */
function watched(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.once('error', (error) => reject(new Failure(`${command} cannot be started: ${error.message}`)));
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString() }));
  });
}

async function runCargo(suite) {
  const { code, text } = await watched('cargo', suite.cargo, { ...process.env, ...suite.env });
  return { code, counts: cargoCounts(text), failures: cargoFailures(text) };
}

async function runNode(suite) {
  const tests = files(suite.node, (path) => path.endsWith('.test.mjs'));
  if (tests.length === 0) return { code: 1, counts: undefined };
  const folder = mkdtempSync(join(tmpdir(), 'dynatab-test-'));
  try {
    const tap = join(folder, 'report.tap');
    const told = join(folder, 'failures.txt');
    const reporters = ['spec', 'tap', './scripts/lib/failures.mjs'].map((name) => `--test-reporter=${name}`);
    const places = ['stdout', tap, told].map((place) => `--test-reporter-destination=${place}`);
    // One file at a time: the machine is small, and timings and ports are steadier.
    const limits = ['--test-concurrency=1', ...(suite.long ? [] : [`--test-timeout=${PATIENCE}`])];
    const args = ['--test', ...limits, ...reporters, ...places, ...tests];
    const { NODE_TEST_CONTEXT: _, ...own } = process.env;
    const env = { ...own, ...suite.env };
    const { code } = await watched(process.execPath, args, env);
    const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
    const report = read(tap);
    return { code, counts: report === undefined ? undefined : tapCounts(report), failures: read(told) ?? '' };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runCommand(suite) {
  const [command, args] = suite.command;
  const { code } = await watched(command, args);
  return { code, counts: { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 } };
}

/** Runs one suite; a run that failed or counted nothing is at least one failure. */
async function runSuite(suite) {
  const reason = (suite.needs ?? []).map((need) => NEEDS[need]()).find(Boolean);
  if (reason) {
    if (process.env.CI !== 'true') {
      console.log(`skipped: ${reason}`);
      return { passed: 0, failed: 0, skipped: 1 };
    }
    console.log(`failed: ${reason}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const runner = suite.cargo ? runCargo : suite.node ? runNode : runCommand;
  const { code, counts, failures = '' } = await runner(suite);
  if (!counts || counts.passed + counts.failed + counts.skipped === 0) {
    console.log('failed: no test ran');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return { ...counts, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed, failures };
}

/** The suites that the command line asks for. */
function chosen() {
  const options = { quick: { type: 'boolean' }, long: { type: 'boolean' }, list: { type: 'boolean' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length)
    throw new Failure(
      `no such suite: ${unknown.join(', ')}; there are ${SUITES.map((s) => s.name).join(', ')}`,
    );
  // Suites that can do less, or more, look here.
  if (values.quick) process.env.DYNATAB_QUICK = '1';
  if (values.list) {
    for (const { name, shows } of SUITES) console.log(`${name.padEnd(12)} ${shows}`);
    return undefined;
  }
  if (positionals.length) return SUITES.filter((suite) => positionals.includes(suite.name));
  if (values.long) return SUITES.filter((suite) => suite.long);
  return SUITES.filter((suite) => !suite.long && (suite.quick || !values.quick));
}

await main(async () => {
  const suites = chosen();
  if (!suites) return;
  await setup();
  await build();
  await pack();
  for (const folder of new Set(suites.flatMap(({ packages }) => packages ?? []))) await install(folder);
  mkdirSync(join(ROOT, 'tests/artifacts'), { recursive: true });
  const summary = [];
  // What failed is told again at the end: a long run prints more than a person, or a page of a CI, can hold.
  const failures = [];
  let total = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of suites) {
    const start = Date.now();
    console.log(`\n== ${suite.name}: ${suite.shows}`);
    const counts = await runSuite(suite);
    total = addCounts(total, counts);
    if (counts.failures) failures.push(`== ${suite.name}, what failed\n${counts.failures}`);
    summary.push(`${suite.name.padEnd(12)} ${closingLine(counts).padEnd(40)} ${elapsed(start)}`);
  }
  for (const text of failures) console.log(`\n${text}`);
  console.log(`\n${summary.map((line) => `  ${line}`).join('\n')}\n`);
  console.log(closingLine(total));
  if (total.failed || total.passed === 0) process.exitCode = 1;
});
