/** What yargs says of a wrong command line, in words of ours. */
import type { Options } from 'yargs';
import { type Command, flagsOf, unknownFlag } from './command.js';
import { UsageError } from './usage-error.js';

/** What is missing may be there under a wrong name. */
const MISSING = /^Missing required argument|^Not enough non-option arguments/;
const CHOICE = /^ *Argument: (.*), Given: (.*), Choices: (.*)$/gm;

/** @param words of the command line */
export function wrongUsage(message: string, words: readonly string[], command: Command<never> | undefined): UsageError {
  const misspelt = MISSING.test(message) && command ? firstUnknown(words, command) : null;
  if (misspelt !== null) return misspelt;
  const choices = [...message.matchAll(CHOICE)].map(
    ([, name, given, known]) => `--${name} ${given}: ${known} are possible`,
  );
  return new UsageError(choices.length > 0 ? choices.join('; ') : message);
}

function firstUnknown(words: readonly string[], command: Command<never>): UsageError | null {
  const known: Record<string, Options> = { ...command.positionals, ...flagsOf(command) };
  for (const word of words) {
    if (word === '--') return null;
    const [, flag] = /^--(?:no-)?([^=]+)/.exec(word) ?? [];
    const error = flag === undefined ? null : unknownFlag(flag, known);
    if (error !== null) return error;
  }
  return null;
}
