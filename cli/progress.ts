/** How far a long task is: a line on a terminal that is drawn again and again, or lines in a log (`heartbeat.ts`). */
import { printable } from '../base/index.js';
import { heartbeat } from './heartbeat.js';
import { formatSeconds, style, terminalWidth } from './output.js';

const REDRAW_MS = 100;
/** Before, a rate says little: the first images are there as soon as the clock runs. */
const LEAST_SECONDS = 0.5;

/** Tells how far a long task is, its rate and the time left. */
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
    const first = this.#first;
    // Made when it is read: a log that gets it later must not promise what was true before.
    const whole = () => progressLine(this, done - first.done, done, (performance.now() - first.time) / 1000);
    heartbeat.tell(whole);
    // The last line stays while what follows takes its time.
    if (!this.#shown || (now - this.#drawn < REDRAW_MS && done !== this.total)) return;
    this.#drawn = now;
    // A line that wraps is cleared by its last part alone.
    const line = whole().slice(0, terminalWidth(process.stderr) - 1);
    process.stderr.write(`\r\u001b[K${style(process.stderr, 'dim', printable(line))}`);
  }

  /** Clears the line; nothing is drawn any more. */
  end(): void {
    heartbeat.tell(null);
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
  const left = rate > 0 && done < total ? `  ${formatSeconds((total - done) / rate)} left` : '';
  return `${label} ${share}${speed}${left}`;
}
