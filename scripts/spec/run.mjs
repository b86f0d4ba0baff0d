/** One spec file in a process of its own, with a watchdog. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));
/** How long to wait for output after a process has ended: its children may still write. */
const LAST_WORDS_MS = 2000;
const running = new Set();

/** Ends a spec and the processes that it started: each spec runs in a process group of its own. */
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

/** Runs a spec for at most `limitSeconds`. Resolves to its output, its counts, and the reason why it failed or null. */
export async function runSpec(spec, limitSeconds) {
  const started = performance.now();
  const ended = existsSync(spec.file)
    ? await watch(spec, limitSeconds)
    : { output: '', processor: 0, death: `is not built (${spec.file}): npm run build` };
  const counts = countsOf(ended.output);
  const failure = failureOf(ended, counts);
  return { name: spec.name, wall: (performance.now() - started) / 1000, ...ended, ...counts, failure };
}

/** Starts the process and collects its output. `death` says how the process ended, if it did not end normally. */
function watch(spec, limitSeconds) {
  const color = process.stdout.isTTY && !process.env['NO_COLOR'] ? { FORCE_COLOR: '1' } : {};
  const child = spawn(process.execPath, [CHILD, spec.name, spec.file], {
    env: { ...process.env, ...color },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  const printed = [];
  let processor = '';
  child.stdout.on('data', (bytes) => printed.push(bytes));
  child.stderr.on('data', (bytes) => printed.push(bytes));
  child.stdio[3].on('data', (bytes) => {
    processor += bytes;
  });
  let hung = false;
  const watchdog = setTimeout(() => {
    hung = true;
    stop(child);
  }, limitSeconds * 1000);

  return new Promise((resolve) => {
    const end = (death) => {
      clearTimeout(watchdog);
      running.delete(child);
      resolve({ output: Buffer.concat(printed).toString('utf8'), processor: Number(processor), death });
    };
    child.on('error', (error) => end(`could not be started: ${error.message}`));
    child.on('exit', (status, signal) => {
      const death = hung
        ? `did not end within ${limitSeconds} s`
        : signal
          ? `was ended by ${signal}`
          : status === 0
            ? null
            : `ended with status ${status}`;
      const patience = setTimeout(() => {
        stop(child);
        end(death ?? 'left a process behind that still holds its output');
      }, LAST_WORDS_MS);
      child.on('close', () => {
        clearTimeout(patience);
        end(death);
      });
    });
  });
}

/** uvu's totals at the end of a spec's output; null if they are missing. */
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
