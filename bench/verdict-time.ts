/**
 * Processor time of `baseline` and `drift` on many rows, beside that of another build of image-drift, in turns:
 *
 *     npm run bench -- verdict-time OTHER/dist/cli/main.js [rows] [columns] [rounds]
 *
 * Rows are a seeded Gaussian mixture in an npz. Both commands read all of them; `drift` compares them with the profile.
 * Appends to `bench/results/verdict-time.csv`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../random/index.js';
import { writeNpz } from '../spec/support/npz-file.js';
import { machine, median } from './machine.js';
import { appendResults } from './results.js';

const OURS = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const MODES = 10;
/** Makes a process say what it took, with all of its threads. */
const TELL = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('\\nCPU ' + (user + system)); });",
)}`;

const [other, ...numbers] = process.argv.slice(2);
const [rows = 1_000_000, columns = 128, rounds = 1] = numbers.map(Number);

function mixture(): Float32Array {
  const random = new Random(1);
  const centres = Float32Array.from({ length: MODES * columns }, () => 2 * random.normal());
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const mode = random.below(MODES) * columns;
    for (let c = 0; c < columns; c++) values[row * columns + c] = centres[mode + c]! + random.normal();
  }
  return values;
}

/** Seconds of processor time. */
async function secondsOf(main: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', TELL, main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const told = /CPU (\d+)$/.exec(stderr)?.[1];
  if (code !== 0 || told === undefined) throw new Error(`${main} ${args.join(' ')} ended with ${code}: ${stderr}`);
  return Number(told) / 1e6;
}

if (other === undefined) throw new Error('the path of the other build is needed: OTHER/dist/cli/main.js');
const folder = await mkdtemp(join(tmpdir(), 'image-drift-verdict-time-'));
try {
  const events = join(folder, 'rows.npz');
  writeNpz(events, { embeddings: { descr: '<f4', shape: [rows, columns], values: mixture() } });
  const times = { ours: [] as number[], other: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, main] of [
      ['other', other],
      ['ours', OURS],
    ] as const) {
      const profile = join(folder, `${name}.json`);
      const baseline = await secondsOf(main, ['baseline', events, '--out', profile]);
      const drift = await secondsOf(main, ['drift', events, '--baseline', profile]);
      times[name].push(baseline + drift);
      console.log(`${name}: baseline ${baseline.toFixed(1)} s, drift ${drift.toFixed(1)} s`);
    }
  }
  const [ours, theirs] = [median(times.ours), median(times.other)];
  const row = { ...machine(), rows, columns, rounds, seconds: ours.toFixed(2), other_seconds: theirs.toFixed(2) };
  console.log(await appendResults('verdict-time.csv', [{ ...row, ratio: (ours / theirs).toFixed(3) }]));
} finally {
  await rm(folder, { recursive: true });
}
