/**
 * How far a long task is: a line drawn again and again on a terminal; elsewhere a line now and then, for logs.
 * One command runs in a process, and everything that reports progress does so here.
 */

import { printable } from '../base/index.js';
import { formatSeconds, say, style, terminalWidth } from './output.js';

/** A log of an hour has 180 lines of it, and whoever looks waits no longer than for a page to load. */
const EVERY_MS = 20_000;
/** How often it is asked whether that time is over: a task tells in between, too. */
const LOOK_MS = 1_000;

class Heartbeat {
  /** Null while no command runs that tells. */
  #command: { name: string; began: number } | null = null;
  #last = 0;
  /** How far the task under way is; null where none says. */
  #progress: (() => string) | null = null;
  /** Why a server is asked again; null while it answers. */
  #trouble: string | null = null;

  /** @returns ends it */
  begin(name: string): () => void {
    const began = performance.now();
    this.#command = { name, began };
    this.#last = began;
    // Alone it keeps no process alive. A task that leaves this thread no time for it tells by `tell`.
    const timer = setInterval(() => this.#beatIfDue(), LOOK_MS).unref();
    return () => {
      clearInterval(timer);
      this.#command = null;
      this.#progress = null;
      this.#trouble = null;
    };
  }

  /** @param progress the line that says how far the task under way is; null when it ends */
  tell(progress: (() => string) | null): void {
    this.#progress = progress;
    if (progress !== null) this.#beatIfDue();
  }

  #beatIfDue(): void {
    if (performance.now() - this.#last >= EVERY_MS) this.#beat();
  }

  /** @param trouble why a server is asked again after a pause; null when it has answered */
  wait(trouble: string | null): void {
    this.#trouble = trouble;
  }

  #beat(): void {
    if (this.#command === null) return;
    const { name, began } = this.#command;
    this.#last = performance.now();
    const time = `${name}: ${exactTime((this.#last - began) / 1000)} so far`;
    const parts = [time, this.#progress?.(), this.#trouble === null ? undefined : `waiting: ${this.#trouble}`];
    say(false, parts.filter((part) => part !== undefined).join(', '));
  }
}

/** `41 s`, `2 min 41 s`: no two lines are the same. */
function exactTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 90) return `${whole} s`;
  if (whole < 5400) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return formatSeconds(seconds);
}

export const heartbeat = new Heartbeat();

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

  end(): void {
    if (this.#task === null) return;
    this.#task = null;
    this.#drawn = Number.NEGATIVE_INFINITY;
    heartbeat.tell(null);
    if (this.#isShown) process.stderr.write('\r\u001b[K');
  }
}

/** @param since what was done in the last `seconds` @param done what was done in all */
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
