/** Where words go: data on stdout, messages and progress on stderr. All that reaches a terminal passes through here. */
import { printable, printableLines } from '../base/index.js';
import { type Format, style } from './style.js';

/** A line to stdout. */
export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** To stdout. A line end in it is one; names in it are made `printable` by whoever lays the text out. */
export function printLines(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

/** To stdout, as JSON that a terminal can show: what it must not see raw is escaped, and reads back the same. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** A line to stderr, unless `--quiet`. */
export function say(quiet: boolean, line: string): void {
  if (!quiet) process.stderr.write(`${printable(line)}\n`);
}

/** As `printLines`, to stderr, unless `--quiet`. */
export function sayLines(quiet: boolean, text: string): void {
  if (!quiet) process.stderr.write(`${printableLines(text)}\n`);
}

/** A line that begins with a word of ours in colour. @param stream stdout for data, stderr for messages */
export function writeMarked(stream: NodeJS.WriteStream, format: Format, word: string, rest: string): void {
  stream.write(`${style(stream, format, word)}${printableLines(rest)}\n`);
}

/** On stderr, in the background of what matters. */
export function whisper(text: string): void {
  process.stderr.write(`${style(process.stderr, 'dim', printable(text))}\n`);
}

type Terminal = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>;

/** Characters in a line of the terminal; infinite where there is none, or it does not know its width and says 0. */
export function terminalWidth({ isTTY, columns }: Terminal = process.stdout): number {
  return isTTY && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}
