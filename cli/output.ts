/** Where words go: data on stdout, messages and progress on stderr. All that reaches a terminal passes through here. */
import { printable, printableLines } from '../errors/index.js';
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

const REDRAW_MS = 100;
/** Before, a rate says little: the first images are there as soon as the clock runs. */
const LEAST_SECONDS = 0.5;

/** A line on a terminal that tells how far a long task is, its rate and the time left; nothing where no terminal is. */
export class Progress {
  /** Time and count of the first update: what was done before says nothing of the rate. */
  #first: { time: number; done: number } | null = null;
  #drawn = Number.NEGATIVE_INFINITY;
  #shown: boolean;

  /** @param total null where it is not known */
  constructor(
    readonly label: string,
    readonly total: number | null,
    readonly unit: string,
    quiet: boolean,
  ) {
    this.#shown = process.stderr.isTTY === true && !quiet;
  }

  update(done: number): void {
    const now = performance.now();
    this.#first ??= { time: now, done };
    if (!this.#shown || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const whole = progressLine(this, done - this.#first.done, done, (now - this.#first.time) / 1000);
    // A line that wraps is cleared by its last part alone.
    const line = whole.slice(0, terminalWidth(process.stderr) - 1);
    process.stderr.write(`\r\u001b[K${style(process.stderr, 'dim', printable(line))}`);
  }

  /** Clears the line; nothing is drawn any more. */
  end(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
    this.#shown = false;
  }
}

/**
 * @param since what was done in the last `seconds`
 * @param done what was done in all
 */
export function progressLine(
  { label, total, unit }: { label: string; total: number | null; unit: string },
  since: number,
  done: number,
  seconds: number,
): string {
  const rate = seconds < LEAST_SECONDS ? 0 : since / seconds;
  const speed = rate > 0 ? `  ${rate.toFixed(rate < 10 ? 1 : 0)} ${unit}/s` : '';
  if (total === null) return `${label} ${done.toLocaleString('en')}${speed}`;
  const share = `${done.toLocaleString('en')}/${total.toLocaleString('en')}  ${Math.floor((100 * done) / total)} %`;
  const left = rate > 0 ? `  ${formatSeconds((total - done) / rate)} left` : '';
  return `${label} ${share}${speed}${left}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
