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

const REDRAW_MS = 100;

/** A line on a terminal that tells how far a long task is, its rate and the time left; nothing where no terminal is. */
export class Progress {
  private readonly started = performance.now();
  private drawn = Number.NEGATIVE_INFINITY;
  private shown: boolean;

  /**
   * @param total null where it is not known
   * @param from what was done before, which says nothing of the rate
   */
  constructor(
    private readonly label: string,
    private readonly total: number | null,
    private readonly unit: string,
    quiet: boolean,
    private readonly from = 0,
  ) {
    this.shown = process.stderr.isTTY === true && !quiet;
  }

  update(done: number): void {
    const now = performance.now();
    if (!this.shown || now - this.drawn < REDRAW_MS) return;
    this.drawn = now;
    process.stderr.write(
      `\r\u001b[K${style(process.stderr, 'dim', printable(this.line(done, (now - this.started) / 1000)))}`,
    );
  }

  /** Clears the line; nothing is drawn any more. */
  end(): void {
    if (this.shown) process.stderr.write('\r\u001b[K');
    this.shown = false;
  }

  private line(done: number, seconds: number): string {
    const rate = (done - this.from) / Math.max(seconds, 1e-3);
    const speed = `${rate.toFixed(rate < 10 ? 1 : 0)} ${this.unit}/s`;
    if (this.total === null) return `${this.label} ${done.toLocaleString('en')}  ${speed}`;
    const share = `${done.toLocaleString('en')}/${this.total.toLocaleString('en')}  ${Math.floor((100 * done) / this.total)} %`;
    const left = rate > 0 ? `  ${formatSeconds((this.total - done) / rate)} left` : '';
    return `${this.label} ${share}  ${speed}${left}`;
  }
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
