/** Where words go: data on stdout, messages and progress on stderr. All that reaches a terminal passes through here. */
import { existsSync } from 'node:fs';
import { basename, delimiter, join, relative } from 'node:path';
import { styleText } from 'node:util';
import { printable, printableLines, shellWord } from '../base/index.js';

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

/** Notices go to stderr as they come, or with `--json` into the object that is printed at the end. */
export function noticesFor({ quiet, json }: { quiet: boolean; json: boolean }) {
  const notices: string[] = [];
  return { notices, notice: (text: string) => void (json ? notices.push(text) : say(quiet, text)) };
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

export type Format = Parameters<typeof styleText>[0];

/** Colour where a person looks on: a terminal, and NO_COLOR (no-color.org) not set. */
export function style(stream: NodeJS.WriteStream, format: Format, text: string): string {
  const noColor = process.env['NO_COLOR'];
  const plain = !stream.isTTY || (noColor !== undefined && noColor !== '') || process.env['TERM'] === 'dumb';
  return plain ? text : styleText(format, text);
}

/** A command that a person may type next, as this one was started. */
export function ourCommand(words: string): string {
  return `${ourProgram()} ${words}`;
}

/** The commands of ours in a text, as this one was started. */
export function withOurCommands(text: string): string {
  return text.replace(A_COMMAND, `$1${ourProgram().replaceAll('$', '$$$$')} $2`);
}

const A_COMMAND = new RegExp(
  `(^|[^\\w/-])(?<!npx )image-drift (${[
    ...['accuracy', 'baseline', 'check-baseline', 'compare', 'convert', 'delete', 'demo', 'doctor', 'drift', 'drill'],
    ...['embed', 'emulator', 'explain', 'gather', 'inspect', 'label-plan', 'merge', 'models', 'monitor', 'onboard'],
    ...['page', 'plan', 'publish', 'quickstart', 'status', 'submit', 'verify'],
  ].join('|')})(?![\\w-])`,
  'g',
);

/** Npx and scripts of npm have a PATH of their own, which ends with them. */
function ourProgram(): string {
  const { npm_command: npm, PATH = '' } = process.env;
  if (npm !== undefined) return `npx ${NAME}`;
  const files = process.platform === 'win32' ? [`${NAME}.cmd`] : [NAME];
  if (PATH.split(delimiter).some((folder) => folder && files.some((file) => existsSync(join(folder, file)))))
    return NAME;
  const script = process.argv[1] ?? '';
  if (/[\\/]node_modules[\\/]/.test(script)) return `npx ${NAME}`;
  return basename(script) === 'main.js' ? `node ${shellWord(relative('', script))}` : NAME;
}

const NAME = 'image-drift';

/** `80 s`, `12 min`, `3.2 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** How many predictions are right: `1,910 of 2,000 predictions are correct: 95.50 %`. */
export function accuracyLine(correct: number, labelled: number): string {
  const [right, all] = [correct, labelled].map((count) => count.toLocaleString('en'));
  return `${right} of ${all} ${labelled === 1 ? 'prediction is' : 'predictions are'} correct: ${((100 * correct) / labelled).toFixed(2)} %`;
}
