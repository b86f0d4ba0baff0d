/** The process that runs one command after another, as the side that asks sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import type { WarmAnswer, WarmRequest } from './warm-cli.js';

declare global {
  /** Processor time of this spec's warm processes; scripts/spec/child.mjs adds it to that of the spec. */
  var warmSeconds: number | undefined;
}

export function countWarmSeconds(seconds: number): void {
  globalThis.warmSeconds = (globalThis.warmSeconds ?? 0) + seconds;
}

/** Far longer than any command of the specs. A hang fails instead of lasting for ever. */
const TIMEOUT_MS = 120_000;

export class WarmProcess {
  #child: ChildProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a command after those that were asked for before it. */
  run(request: WarmRequest): Promise<WarmAnswer> {
    const run = this.#last.then(() => this.#ask(request));
    this.#last = run;
    return run;
  }

  #ask(request: WarmRequest): Promise<WarmAnswer> {
    this.#child ??= this.#start();
    const child = this.#child;
    hold(child, true);
    return new Promise((resolve) => {
      const settle = (answer: WarmAnswer) => {
        clearTimeout(watchdog);
        child.off('message', settleMessage).off('exit', settleDeath);
        hold(child, false);
        if (answer.ends) this.#child = null;
        resolve(answer);
      };
      const settleMessage = (message: unknown) => settle(message as WarmAnswer);
      const settleDeath = (status: number | null, signal: string | null) => {
        const run = { status, stdout: '', stderr: `the warm process died (${signal ?? status})` };
        settle({ run, seconds: 0, ends: true });
      };
      const watchdog = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
      child.once('message', settleMessage).once('exit', settleDeath);
      child.send(request);
    });
  }

  #start(): ChildProcess {
    const child = fork(new URL('warm-cli.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    // A command that fails after it has ended takes the process with it; the next command gets another.
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    return child;
  }
}

/** Lets the process that asks end while the child waits for commands. The child ends with the channel. */
function hold(child: ChildProcess, held: boolean): void {
  if (held) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
