/** How far a long task is: a line on a terminal that is drawn again and again, or lines in a log (`heartbeat.ts`). */
import { printable } from '../base/index.js';
import { heartbeat } from './heartbeat.js';
import { formatSeconds, style, terminalWidth } from './output.js';

const REDRAW_MS = 100;
/** Before, a rate says little: the first images are there as soon as the clock runs. */
const LEAST_SECONDS = 0.5;

/** Tells how far long tasks are, one after the other: the rate and the time left of each. */
export class Progress {
  /** Time and count of the first update of a task: what was done before says nothing of the rate. */
  #task: { label: string; time: number; done: number } | null = null;
  #drawn = Number.NEGATIVE_INFINITY;
  readonly #isShown: boolean;

  constructor(quiet: boolean) {
    this.#isShown = process.stderr.isTTY === true && !quiet;
  }

  /** Another label is another task. @param total null where it is not known */
  update(label: string, done: number, total: number | null, unit: string): void {
    if (this.#task !== null && this.#task.label !== label) this.end();
    const now = performance.now();
    this.#task ??= { label, time: now, done };
    const first = this.#task;
    // Made when it is read: a log that gets it later must not promise what was true before.
    const whole = () =>
      progressLine({ label, total, unit }, done - first.done, done, (performance.now() - first.time) / 1000);
    heartbeat.tell(whole);
    // The last line stays while what follows takes its time.
    if (!this.#isShown || (now - this.#drawn < REDRAW_MS && done !== total)) return;
    this.#drawn = now;
    // A line that wraps is cleared by its last part alone.
    const line = whole().slice(0, terminalWidth(process.stderr) - 1);
    process.stderr.write(`\r\u001b[K${style(process.stderr, 'dim', printable(line))}`);
  }

  /** Clears the line. */
  end(): void {
    if (this.#task === null) return;
    this.#task = null;
    this.#drawn = Number.NEGATIVE_INFINITY;
    heartbeat.tell(null);
    if (this.#isShown) process.stderr.write('\r\u001b[K');
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
