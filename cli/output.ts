/** Where words go: data on stdout, messages and progress on stderr. */
import { style } from './style.js';

/** To stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** To stderr, unless `--quiet`. */
export function say(quiet: boolean, text: string): void {
  if (!quiet) process.stderr.write(`${text}\n`);
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
    process.stderr.write(`\r\u001b[K${style(process.stderr, 'dim', this.line(done, (now - this.started) / 1000))}`);
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
