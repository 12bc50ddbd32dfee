/** The command `dynatab`. */

import { parseArgs, type ParseArgsConfig } from 'node:util';
import * as serve from './cli/serve.js';
import { UsageError, type Package } from './cli/usage.js';
import * as verify from './cli/verify.js';
import * as dynatab from './node.js';

interface Command {
  USAGE: string;
  OPTIONS: ParseArgsConfig['options'];
  run(values: never, dynatab: Package): Promise<void>;
}

const COMMANDS: Record<string, Command> = { serve, verify };

const USAGE = `usage: ${Object.values(COMMANDS)
  .map((command) => command.USAGE)
  .join('\n       ')}`;

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // Without a command, it serves.
  const name = args[0] === undefined || args[0].startsWith('-') ? 'serve' : args.shift();
  const command = Object.hasOwn(COMMANDS, name!) ? COMMANDS[name!]! : undefined;
  if (!command) throw new UsageError(`unknown command: ${name}`);
  const { values } = parseArgs({
    args,
    options: { ...command.OPTIONS, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) process.stdout.write(USAGE);
  else await command.run(values as never, dynatab);
}

main().catch((error: unknown) => {
  const usage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(`dynatab: ${error instanceof Error ? error.message : String(error)}`);
  if (usage) console.error(USAGE);
  process.exit(usage ? 2 : 1);
});
