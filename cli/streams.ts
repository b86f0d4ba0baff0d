/** `-` on the command line: standard input where a command reads it, wrong usage everywhere else. */
import { type Command, flagsOf } from './command.js';
import { UsageError } from './usage-error.js';

/** What `-` becomes: yargs would make an empty name of it. */
const STDIN = '/dev/stdin';

/**
 * The words with a name for standard input in place of `-`, for commands that read it. Most formats are read from their
 * end, and outputs get their name when they are complete, which a stream cannot do. @throws UsageError
 */
export function namingStdin(argv: readonly string[], command: Command<never> | undefined): string[] {
  return argv.map((word, i) => {
    if (!(word === '-' || /^--?[^=]+=-$/.test(word))) return word;
    if (word === '-' && command?.readsStdin && !isValue(argv[i - 1], command)) return STDIN;
    const message = `${word}: only files are read and written, not standard input and output`;
    throw new UsageError(message, 'Name a file. --json prints the results of a command on standard output.');
  });
}

/** Whether the word before takes the next one as its value. */
function isValue(before: string | undefined, command: Command<never>): boolean {
  const [, flag] = /^--?([^=]+)$/.exec(before ?? '') ?? [];
  if (flag === undefined) return false;
  const options = flagsOf(command);
  const found = options[flag] ?? Object.values(options).find(({ alias }) => alias === flag);
  return found !== undefined && found.type !== 'boolean';
}
