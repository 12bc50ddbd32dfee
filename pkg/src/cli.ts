/** The command `dynatab`. */

import { parseArgs, type ParseArgsConfig } from 'node:util';
import * as dump from './cli/dump.js';
import * as load from './cli/load.js';
import * as repair from './cli/repair.js';
import * as serve from './cli/serve.js';
import { UsageError, type Package } from './cli/usage.js';
import * as verify from './cli/verify.js';
import * as dynatab from './node.js';

interface Command {
  USAGE: string;
  OPTIONS: ParseArgsConfig['options'];
  /** It may be given a file. */
  FILE?: boolean;
  run(values: never, dynatab: Package, file?: string): Promise<void>;
}

const COMMANDS: Record<string, Command> = { serve, verify, repair, dump, load };

const USAGE = `usage: ${Object.values(COMMANDS)
  .map((command) => command.USAGE)
  .join('\n       ')}
  DYNATAB_PASSPHRASE of the environment is the passphrase of an encrypted directory; load and serve make one with it
`;

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // Without a command, it serves.
  const name = args[0] === undefined || args[0].startsWith('-') ? 'serve' : args.shift();
  const command = Object.hasOwn(COMMANDS, name!) ? COMMANDS[name!]! : undefined;
  if (!command) throw new UsageError(`unknown command: ${name}`);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: command.FILE ?? false,
    options: { ...command.OPTIONS, help: { type: 'boolean', short: 'h', default: false } },
  });
  const [file, more] = positionals;
  if (more !== undefined) throw new UsageError(`unexpected argument: ${more}`);
  if (values.help) process.stdout.write(USAGE);
  else await command.run(values as never, dynatab, file);
}

main().catch((error: unknown) => {
  const usage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(`dynatab: ${error instanceof Error ? error.message : String(error)}`);
  if (usage) console.error(USAGE);
  process.exit(usage ? 2 : 1);
});
