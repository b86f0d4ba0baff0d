#!/usr/bin/env node
/** The executable: finds the command, runs it, turns what went wrong into words and an exit code. */
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { nearest } from '../errors/index.js';
import { type Command, commandName, toYargs } from './command.js';
import { COMMANDS } from './commands.js';
import { DriftFound } from './drift-found.js';
import { reportFailure } from './failure.js';
import { NumbersDiffer } from './numbers-differ.js';
import { UsageError } from './usage-error.js';

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** `--version` is the program's own and stands alone: beside a command a user means another one, or nothing is done. */
function checkVersionAlone(argv: readonly string[]): void {
  const asked = argv.find((word) => word === '-V' || word === '--version' || word.startsWith('--version='));
  if (asked === undefined || argv.length === 1) return;
  throw new UsageError(
    `${asked} is the version of image-drift, and stands alone`,
    'The version of a model is --model-version.',
  );
}

function checkCommandKnown(argv: readonly string[]): void {
  const first = argv[0];
  if (first === undefined || first.startsWith('-')) return;
  const names = COMMANDS.map((command) => commandName(command.usage));
  if (names.includes(first)) return;
  const meant = nearest(first, names);
  throw new UsageError(
    `unknown command ${first}`,
    meant ? `Did you mean ${meant}?` : `There are ${names.join(', ')}; see image-drift --help.`,
  );
}

async function run(argv: string[]): Promise<void> {
  checkCommandKnown(argv);
  checkVersionAlone(argv);
  const parser = yargs(argv)
    .scriptName('image-drift')
    .usage('$0 <command>\n\nEmbeddings from any CNN checkpoint, and whether they drifted, before anything is uploaded.')
    .version(version())
    .alias({ h: 'help', V: 'version' })
    .option('config', { type: 'string', describe: 'JSON file with values for flags', requiresArg: true })
    .option('verbose', {
      type: 'boolean',
      default: false,
      describe: 'Show each request to a server, and the stack of an error',
    })
    .demandCommand(1, 'No command given.')
    .epilogue('Every flag can be set as IMAGE_DRIFT_<FLAG> in the environment or in image-drift.config.json.')
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .fail((message: string, error: unknown) => {
      throw error instanceof Error && error.name !== 'YError' ? error : new UsageError(message);
    });
  const showsHelp = argv.includes('--help') || argv.includes('-h');
  for (const command of COMMANDS) parser.command(toYargs(command as Command<unknown>, showsHelp));
  await parser.parseAsync();
}

/** `exit` runs the clean-up of half-written outputs, which a plain signal, the second of two, would skip. */
function exitOnSignals(): void {
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}

/** `image-drift … | head` ends the pipe early: no error of ours. */
function exitQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

exitOnSignals();
exitQuietlyOnClosedPipe();
const argv = process.argv.slice(2);
try {
  await run(argv.length === 0 ? ['--help'] : argv);
} catch (error) {
  if (error instanceof DriftFound) process.exitCode = DriftFound.exitCode;
  else if (error instanceof NumbersDiffer) process.exitCode = NumbersDiffer.exitCode;
  else process.exitCode = reportFailure(error, { json: argv.includes('--json'), verbose: argv.includes('--verbose') });
}
