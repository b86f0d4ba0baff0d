/**
 * A disk that fails at the nth call. As a script, `failing-disk.js STATE BASELINE N`: records rows into a STATE, and is
 * killed there. Prints how many rows are on the disk for sure.
 */
import promises, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { DAY, FIRST_DAY } from '../monitor/monitor-events.js';

type Call = (...args: unknown[]) => Promise<unknown>;

/** `fail` may throw, wait or kill: before each call that writes, or after each that names a file. @returns undoes it */
export async function watchedDisk(fail: () => unknown, isAfter = false): Promise<() => void> {
  const handle = await open(process.execPath);
  const onHandles = Object.getPrototypeOf(handle) as Record<string, Call>;
  await handle.close();
  const all = promises as unknown as Record<string, Call>;
  const undo: (() => void)[] = [];
  for (const [owner, name] of [
    [all, 'open'],
    [all, 'rename'],
    [onHandles, 'write'],
    [onHandles, 'sync'],
  ] as const) {
    const real = owner[name]!;
    owner[name] = async function (this: unknown, ...args) {
      if (!isAfter) await fail();
      const result = await real.apply(this, args);
      if (isAfter && name === 'rename') await fail();
      return result;
    };
    undo.push(() => {
      owner[name] = real;
    });
  }
  syncBuiltinESMExports();
  return () => {
    for (const one of undo) one();
    syncBuiltinESMExports();
  };
}

/** Rows of two days, with scores and without: up to four tables. */
export function failingRow(row: number): RecordedImage {
  const embedding = Array.from({ length: 6 }, (_, c) => row + c);
  return { embedding, at: FIRST_DAY + (row % 2) * DAY, id: `row-${row}`, columns: { camera: 'north' } };
}

async function main(state: string, baseline: string, at: number): Promise<void> {
  const later = () => FIRST_DAY + 400 * DAY;
  const options = { baseline, force: true, rows: true, flushEvery: 0, judgeEvery: 0, now: later } as const;
  const recorder = await Recorder.open(state, options);
  let calls = 0;
  await watchedDisk(() => ++calls === at && process.kill(process.pid, 'SIGKILL'));
  for (let row = 0; row < 8; row++) {
    recorder.record(failingRow(row));
    if (row % 4 < 3) continue;
    await recorder.flush();
    process.stdout.write(`${row + 1}\n`);
  }
  await recorder.close();
}

const [script, state = '', baseline = '', at = ''] = process.argv.slice(1);
if (import.meta.url === pathToFileURL(script!).href) await main(state, baseline, Number(at));
