import { type Command, commandName, flagsOf, unknownFlag } from './command.js';
import type { Flags } from './flag.js';
import { UsageError } from './usage-error.js';

/** What is missing may be there under a wrong name. */
const FEW = /^Not enough non-option arguments/;
const LACKING = /^Missing required arguments?: (.*)$/m;
const CHOICE = /^ *Argument: (.*), Given: (.*), Choices: (.*)$/gm;

/** @param words of the command line */
export function wrongUsage(message: string, words: readonly string[], command: Command<never> | undefined): UsageError {
  const missing = command ? missingOf(message, command) : [];
  if (command && missing.length > 0) return firstUnknown(words, command) ?? needs(command, missing);
  const choices = [...message.matchAll(CHOICE)].map(
    ([, name, given, known]) => `--${name} ${given}: ${known} are possible`,
  );
  return new UsageError(choices.length > 0 ? choices.join('; ') : message);
}

interface Missing {
  /** As a person types it: `--baseline`, `EVENTS`. */
  typed: string;
  describe: string | undefined;
}

/** The arguments that the message misses; yargs tells how many files are missing, but not of what. */
function missingOf(message: string, command: Command<never>): Missing[] {
  if (FEW.test(message)) {
    const names = [...command.usage.matchAll(/<([\w-]+)(?:\.\.)?>/g)].map(([, name = '']) => name);
    return names.map((name) => ({ typed: name.toUpperCase(), describe: command.positionals?.[name]?.describe }));
  }
  const flags = LACKING.exec(message)?.[1]?.split(', ') ?? [];
  return flags.map((flag) => ({ typed: `--${flag}`, describe: flagsOf(command)[flag]?.describe }));
}

function needs(command: Command<never>, missing: readonly Missing[]): UsageError {
  const typed = missing.map((one) => one.typed).join(' and ');
  const hints = missing.flatMap((one) => (one.describe === undefined ? [] : [`${one.typed}: ${one.describe}`]));
  return new UsageError(
    `${commandName(command.usage)}: ${typed} ${missing.length > 1 ? 'are' : 'is'} missing`,
    hints.join('; '),
  );
}

function firstUnknown(words: readonly string[], command: Command<never>): UsageError | null {
  const known: Flags = { ...command.positionals, ...flagsOf(command) };
  for (const word of words) {
    const [, flag] = /^--(?:no-)?([^=]+)/.exec(word) ?? [];
    const error = flag === undefined ? null : unknownFlag(flag, known);
    if (error !== null) return error;
  }
  return null;
}
