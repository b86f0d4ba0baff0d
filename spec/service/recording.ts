/**
 * Records rows into a STATE until it is killed, as a service does: `recording.js STATE BASELINE NUMBER`. Prints how many
 * rows are on the disk for sure.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Random } from '../../base/index.js';
import { type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { FIRST_DAY } from '../monitor/monitor-events.js';

const MINUTE = 60_000;
/** Rows between two flushes that are waited for. */
const ROWS_A_FLUSH = 40;
/** Every third process also counts what all have written. */
const JUDGES = 3;

/** Clocks are up to three minutes apart. */
export function timeOf(process: number, row: number): number {
  return FIRST_DAY + (process % 4) * MINUTE + 2_000 * row;
}

/** The same for the same numbers, in whichever process. */
export function rowOf(process: number, row: number): RecordedImage {
  const random = new Random(10_000 * process + row);
  const embedding = Array.from({ length: 6 }, () => 3 * random.normal());
  return { embedding, statistics: { brightness: 0.5 }, at: timeOf(process, row), columns: { camera: `p${process}` } };
}

async function main(state: string, baseline: string, process_: number): Promise<void> {
  let row = 0;
  const now = () => timeOf(process_, row);
  const options = { baseline, window: '1h', by: 'camera', force: true, flushEvery: 20, judgeEvery: 0, now } as const;
  const recorder = await Recorder.open(state, options);
  for (; ; row++) {
    if (!recorder.record(rowOf(process_, row))) throw new Error(`row ${row} was refused`);
    if (row % ROWS_A_FLUSH > 0) continue;
    await pause(5);
    if (process_ % JUDGES === 0) await recorder.status();
    else await recorder.flush();
    process.stdout.write(`${row + 1}\n`);
  }
}

const [script, state = '', baseline = '', number = ''] = process.argv.slice(1);
if (import.meta.url === pathToFileURL(script!).href) await main(state, baseline, Number(number));
