/** The command line: finds the command, runs it, and says which exit code goes with what it found. */
import { readFileSync } from 'node:fs';
import yargs, { type CommandModule } from 'yargs';
import { dashed, nearest } from '../base/index.js';
import { withoutDoubleDash } from './argv.js';
import { type Command, commandName, commandOf, Found, flagsOf, grouped, toYargs } from './command.js';
import { COMMANDS } from './commands.js';
import { type Flags, typed } from './flag.js';
import { terminalWidth } from './output.js';
import type { CommandFlags } from './settings.js';
import { namingStdin } from './streams.js';
import { UsageError } from './usage-error.js';
import { wrongUsage } from './usage-words.js';

/** yargs' own command. It prints a script, which calls `image-drift --get-yargs-completions`. */
const COMPLETION = 'completion';
const ASKS_FOR_COMPLETIONS = '--get-yargs-completions';

/** Sets the exit code where the command did its work and found something; errors are for the caller. */
export async function program(argv: readonly string[], commands = COMMANDS): Promise<void> {
  try {
    await run(argv.length === 0 ? ['--help'] : argv, commands);
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    process.exitCode = Found.exitCode;
  }
}

/** All commands' flags: a config file may name any of them. */
function everyFlag(): CommandFlags {
  return new Map(COMMANDS.map((command) => [commandName(command.usage), flagsOf(command)]));
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** `--version` is the program's own and stands alone: beside a command a user means another one, or nothing is done. */
function checkVersionAlone(argv: readonly string[]): void {
  const asked = argv.find((word) => word === '-V' || word === '--version' || word.startsWith('--version='));
  if (asked === undefined || argv.length === 1) return;
  const message = `${asked} is the version of image-drift, and stands alone`;
  throw new UsageError(message, 'The version of a model is --model-version.');
}

function checkCommandKnown(argv: readonly string[]): void {
  const first = argv[0];
  if (first === undefined || first.startsWith('-')) return;
  const groups = grouped(COMMANDS);
  if (first === COMPLETION) return;
  const found = groups.get(first);
  if (found === undefined) throw unknownCommand('', first, [...groups.keys()]);
  const second = argv[1];
  if (second === undefined || second.startsWith('-') || commandOf(argv, found)) return;
  const names = found.map(({ usage }) => commandName(usage).slice(first.length + 1));
  throw unknownCommand(`${first} `, second, names);
}

function unknownCommand(group: string, name: string, names: readonly string[]): UsageError {
  const meant = nearest(name, names);
  return new UsageError(
    `unknown command ${group}${name}`,
    meant ? `Did you mean ${group}${meant}?` : `There are ${names.join(', ')}; see image-drift ${group}--help.`,
  );
}

/** yargs looks flags up in plain objects, and trips over what every object has: `--constructor`, `--to-string`. */
function checkFlagsAreNames(argv: readonly string[]): void {
  for (const word of argv) {
    const [, flag] = /^--(?:no-)?([^=]+)/.exec(word) ?? [];
    const name = flag?.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (name !== undefined && name in Object.prototype) throw new UsageError(`unknown flag --${flag}`);
  }
}

/** yargs makes false of `--fail-on-drift=yes`, and 0 of an empty `--threads "$UNSET"`. @throws UsageError */
function checkTyped(words: readonly string[], flags: Flags): void {
  for (const [i, word] of words.entries()) {
    const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = flags[dashed(name)];
    const given = value ?? (flag?.type === 'number' ? words[i + 1] : undefined);
    if (given !== undefined && (flag?.type === 'number' || flag?.type === 'boolean')) typed(`--${name}`, flag, given);
  }
}

/** Commands of one name, `monitor init`, `monitor update`; it does nothing by itself. */
function groupCommand(name: string, commands: readonly CommandModule[]): CommandModule {
  const names = commands.map(({ command }) => String(command).split(' ')[0]).join(', ');
  return {
    command: name,
    describe: `${GROUPS[name]}: ${names}`,
    builder: (yargs) => yargs.command([...commands]).demandCommand(1, `${name}: one of ${names} is missing`),
    handler: () => undefined,
  };
}

/** What the commands of a group are for. */
const GROUPS: Readonly<Record<string, string>> = { monitor: 'Alarms over months, with one promise of false alarms' };

const HELP_WIDTH = 110;

async function run(given: readonly string[], commands: typeof COMMANDS): Promise<void> {
  const words = withoutDoubleDash(given);
  checkCommandKnown(words);
  checkVersionAlone(words);
  checkFlagsAreNames(words);
  const command = commandOf(words, commands);
  if (command) checkTyped(words, flagsOf(command));
  const argv = namingStdin(words, command);
  const parser = yargs(argv)
    .scriptName('image-drift')
    // What was written to a pipe is not cut: the process ends when all of it is gone.
    .exitProcess(false)
    .usage(
      '$0 <command>\n\nEmbeddings of images by PyTorch and ONNX networks, and whether they drifted, before anything is uploaded.',
    )
    .version(version())
    .alias({ h: 'help', V: 'version' })
    .option('config', { type: 'string', describe: 'JSON file with values for flags', requiresArg: true })
    .option('verbose', {
      type: 'boolean',
      default: false,
      describe: 'Show each request to a server, and the stack of an error',
    })
    .completion(COMPLETION, 'Print a script for bash or zsh that completes commands and flags')
    .demandCommand(1, 'No command given.')
    .epilogue('Every flag can be set as IMAGE_DRIFT_<FLAG> in the environment or in image-drift.config.json.')
    .wrap(Math.min(HELP_WIDTH, terminalWidth()))
    .fail((message: string, error: unknown) => {
      throw error instanceof Error && error.name !== 'YError' ? error : wrongUsage(message, words, command);
    });
  const flags = everyFlag();
  const showsFlags = ['--help', '-h', ASKS_FOR_COMPLETIONS].some((word) => argv.includes(word));
  for (const [name, group] of grouped(commands)) {
    const all = group.map((one) => toYargs(one as Command<unknown>, showsFlags, flags));
    if (commandName(group[0]!.usage) === name) all.map((one) => parser.command(one));
    else parser.command(groupCommand(name, all));
  }
  await parser.parseAsync();
}
