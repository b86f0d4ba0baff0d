/**
 * A line now and then where no terminal shows progress, so that the log of a job at night tells that it goes on, and how far
 * it is. One command runs in a process, and everything that reports progress tells it here.
 */
import { formatSeconds, say } from './output.js';

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
