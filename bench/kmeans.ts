/**
 * Time of k-means, beside scikit-learn's if a Python that has it is named. Both get the same seeded Gaussian mixture.
 * Rounds are interleaved, and the fastest of each counts. Appends to `bench/results/kmeans.csv`.
 *
 *     IMAGE_DRIFT_PYTHON=python3 node dist/bench/kmeans.js [rounds]
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../base/index.js';
import { kMeans, type Matrix } from '../drift/index.js';
import { LineProcess } from '../spec/support/line-process.js';
import { temporaryFolder } from '../spec/support/places.js';
import { machine } from './machine.js';
import { appendResults } from './results.js';

const CASES = [
  { rows: 5_000, columns: 128, clusters: 5, restarts: 10 },
  { rows: 20_000, columns: 512, clusters: 30, restarts: 1 },
  { rows: 100_000, columns: 512, clusters: 30, restarts: 1 },
  { rows: 100_000, columns: 512, clusters: 30, restarts: 10 },
];
const MODES = 10;
/** Compiled, this file lies in `dist/bench/`. */
const PYTHON_SIDE = fileURLToPath(new URL('../../bench/kmeans.py', import.meta.url));

type Case = (typeof CASES)[number];
interface Timing {
  seconds: number;
  inertia: number;
}

/** Modes of spread 1 in random directions, with noise that falls from column to column, as in embeddings. */
function mixture({ rows, columns }: Case): Matrix {
  const random = new Random(1);
  const centres = Float64Array.from({ length: MODES * columns }, () => random.normal());
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const mode = random.below(MODES) * columns;
    for (let c = 0; c < columns; c++) {
      data[i * columns + c] = (centres[mode + c]! + 2 * random.normal()) / Math.sqrt(1 + c / 8);
    }
  }
  return { rows, columns, data };
}

function ours(matrix: Matrix, { clusters, restarts }: Case): Timing {
  const start = performance.now();
  const { inertia } = kMeans(matrix, { clusters, restarts });
  return { seconds: (performance.now() - start) / 1000, inertia };
}

function fastest<T extends Timing>(timings: readonly T[]): T {
  return timings.reduce((a, b) => (b.seconds < a.seconds ? b : a));
}

async function measure(shape: Case, rounds: number, folder: string): Promise<void> {
  const matrix = mixture(shape);
  const file = join(folder, 'rows.f32');
  await writeFile(file, new Uint8Array(matrix.data.buffer));
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  const { rows, columns, clusters, restarts } = shape;
  const command = [PYTHON_SIDE, file, ...[rows, columns, clusters, restarts].map(String)];
  const sklearn = python ? new LineProcess([python, ...command], {}, true) : null;
  const timings = { ours: [] as Timing[], sklearn: [] as (Timing & { version: string })[] };
  for (let round = 0; round < rounds; round++) {
    timings.ours.push(ours(matrix, shape));
    const answer = await sklearn?.ask('');
    if (answer === null) throw new Error('the Python process ended: is scikit-learn installed?');
    if (answer !== undefined) timings.sklearn.push(JSON.parse(answer) as (typeof timings.sklearn)[number]);
  }
  sklearn?.close();
  const mine = fastest(timings.ours);
  const theirs = sklearn ? fastest(timings.sklearn) : null;
  const row = {
    ...machine(),
    ...shape,
    rounds,
    seconds: Number(mine.seconds.toPrecision(3)),
    scikit_learn: theirs?.version ?? '',
    scikit_learn_seconds: theirs ? Number(theirs.seconds.toPrecision(3)) : '',
    ratio: theirs ? Number((mine.seconds / theirs.seconds).toPrecision(3)) : '',
    inertia_ratio: theirs ? Number((mine.inertia / theirs.inertia).toPrecision(6)) : '',
  };
  console.log(JSON.stringify(row));
  await appendResults('kmeans.csv', [row]);
}

const rounds = Number(process.argv[2] ?? 3);
const largest = Number(process.argv[3] ?? Number.POSITIVE_INFINITY);
const folder = temporaryFolder();
for (const shape of CASES) if (shape.rows * shape.restarts <= largest) await measure(shape, rounds, folder);
