/** The processes of the specs, with a watchdog. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { END } from './end.mjs';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
/** How long to wait for the output of a process that has ended: its children may still write. */
const LAST_WORDS_MS = 2000;
/** How long a process may take to end by itself: it removes the folders of its specs, thousands of files on a busy disk. */
const ENDING_MS = 120_000;
const running = new Set();

/** Ends a process of specs and the processes that it started: each has a process group of its own. */
function stop(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

export function stopAll() {
  for (const child of running) stop(child);
}

/** Runs one spec file after another in the same process, which starts with the first. */
export class SpecProcess {
  #child = null;
  #files = [];
  /** What both outputs have printed since the last answer. */
  #printed = [];
  #changed = () => undefined;
  /** Settled once both outputs are closed. */
  #closed = Promise.resolve(true);

  /** Runs a spec for at most `limitSeconds`. Resolves to its output, its counts, and the reason why it failed or null. */
  async run(spec, limitSeconds) {
    const started = performance.now();
    const ended = existsSync(spec.file)
      ? await this.#watch(spec, limitSeconds)
      : { output: '', stdout: '', processor: 0, death: `is not built (${spec.file}): npm run build` };
    const counts = countsOf(ended.stdout);
    const failure = failureOf(ended, counts);
    return { name: spec.name, wall: (performance.now() - started) / 1000, ...ended, ...counts, failure };
  }

  /** Files that were run in it. */
  get files() {
    return this.#files.length;
  }

  /** Resolves to null once the process has ended by itself, or to what is wrong if it does not in time. */
  async end(milliseconds = ENDING_MS) {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    const files = this.#files.join(', ');
    const ended = new Promise((resolve) => child.once('exit', () => resolve(true)));
    child.disconnect();
    const hasEnded = await within(milliseconds, ended);
    if (hasEnded && (await within(milliseconds, this.#closed))) return null;
    stop(child);
    return hasEnded
      ? `a process is left behind that still holds the output, by one of ${files}`
      : `something is left open that keeps a process alive, by one of ${files}`;
  }

  #start() {
    const color = process.stdout.isTTY && !process.env['NO_COLOR'] ? { FORCE_COLOR: '1' } : {};
    const child = fork(CHILD, {
      env: { ...process.env, ...color },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    });
    running.add(child);
    this.#child = child;
    this.#files = [];
    this.#printed = [];
    const keep = (output) => (bytes) => {
      this.#printed.push({ output, bytes });
      this.#changed();
    };
    child.stdout.on('data', keep('stdout'));
    child.stderr.on('data', keep('stderr'));
    child.once('exit', () => running.delete(child));
    // The process itself tells of no close once this side has disconnected.
    const closed = [child.stdout, child.stderr].map((output) => once(output, 'close'));
    this.#closed = Promise.all(closed).then(() => true);
    return child;
  }

  /** Has the process run the file, and collects its output. `death` says how the process ended, if it did. */
  async #watch({ name, file }, limitSeconds) {
    const child = this.#child ?? this.#start();
    this.#files.push(name);
    let hung = false;
    const watchdog = setTimeout(() => {
      hung = true;
      stop(child);
    }, limitSeconds * 1000);
    const answer = await new Promise((resolve) => {
      const settle = (message) => {
        child.off('message', settle).off('exit', settleDeath).off('error', settleError);
        resolve(message);
      };
      const settleDeath = (status, signal) => settle({ status, signal });
      const settleError = (error) => settle({ error });
      child.once('message', settle).once('exit', settleDeath).once('error', settleError);
      child.send({ name, file });
    });
    clearTimeout(watchdog);
    const hasAnswered = answer.processor !== undefined;
    const { output, stdout } = await this.#outputUntil(hasAnswered ? this.#whole() : this.#closed, child);
    const death = hung ? `did not end within ${limitSeconds} s` : deathOf(answer);
    if (!hasAnswered) this.#child = null;
    return { output, stdout, processor: answer.processor ?? 0, death };
  }

  /** Settled once both outputs have their END. */
  #whole() {
    return new Promise((resolve) => {
      this.#changed = () => this.#text().split(END).length > 2 && resolve(true);
      this.#changed();
    });
  }

  async #outputUntil(complete, child) {
    if (!(await within(LAST_WORDS_MS, complete))) {
      stop(child);
      this.#child = null;
    }
    this.#changed = () => undefined;
    const output = this.#text().replaceAll(END, '');
    const stdout = this.#text('stdout').replaceAll(END, '');
    this.#printed = [];
    return { output, stdout };
  }

  /** What was printed, or what one output has: what the other has may come in the middle of its lines. */
  #text(only) {
    const printed = this.#printed.filter(({ output }) => only === undefined || output === only);
    return Buffer.concat(printed.map(({ bytes }) => bytes)).toString('utf8');
  }
}

/** Whether the promise is settled in time. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const inTime = await Promise.race([promise, late]);
  clearTimeout(timer);
  return inTime;
}

function deathOf({ status, signal, error, processor }) {
  if (error) return `could not be started: ${error.message}`;
  if (signal) return `was ended by ${signal}`;
  if (status !== 0) return `ended with status ${status}`;
  return processor === undefined ? 'ended its process' : null;
}

/** uvu's totals at the end of what a spec has printed; null if they are missing. */
function countsOf(output) {
  const plain = stripVTControlCharacters(output);
  const totals = [...plain.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm)].at(-1);
  if (!totals) return { total: null, passed: 0, skipped: 0 };
  return { total: Number(totals[1]), passed: Number(totals[2]), skipped: Number(totals[3]) };
}

function failureOf({ output, death }, { total, passed, skipped }) {
  if (total !== null && passed < total) return `failed ${total - passed} of ${total}`;
  if (death) return death;
  if (total === null) return 'ended without totals';
  if (total + skipped === 0 && !/^SKIPPED\b/m.test(output)) return 'has no tests, and does not say SKIPPED';
  return null;
}
