/**
 * False alarms: how often each method reports drift at a nominal 5 % when there is none.
 *
 * A cell pools windows against many baselines, each drawn and fitted anew. Windows against one baseline share its luck,
 * large windows most of all: a thousand of them against fifty baselines would be worth little more than fifty. The
 * held-out half of the baseline, which nothing is fitted on, is therefore drawn anew for every window. This does not
 * change what was fitted.
 *
 * Rows are fresh draws of a Gaussian mixture, or real embeddings: two tranches of clean images are pooled and shuffled
 * for each baseline; held-out half and window come from the rest. If the rest is too small, they are drawn with
 * replacement, and rows repeat, as they do in practice. The fixed thresholds of other tools are tried on the same
 * windows.
 *
 * `npm run bench -- calibration [counts|rows] [baselines] [windows a baseline] [seed]`. Methods that compare rows are a
 * separate run, because they take far longer than methods that compare counts.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { NpzFile } from '../data/index.js';
import {
  BaselineCounter,
  countNearest,
  type DriftBatch,
  fitProfile,
  type Matrix,
  METHODS,
  type Method,
  type Profile,
  WindowCounter,
  type WindowSummary,
} from '../drift/index.js';
import { isFitRow } from '../drift/profile/reference-fit.js';
import { rowKey } from '../drift/rows/row-key.js';
import { Random } from '../random/index.js';
import { sharedData } from '../spec/support/paths.js';
import { writeResults } from './results.js';

const CLUSTERS = [5, 10, 30];
const BASELINE_ROWS = [1_000, 5_000];
const WINDOW_ROWS = [100, 1_000, 10_000];
/** The methods that compare rows do not depend on the clusters, and hardly on the number of rows. */
const ROW_WINDOW_ROWS = 1_000;
const ALPHA = 0.05;
/** p-values are then multiples of 1 / 200 or 1 / 100, and 5 % is one of these multiples. */
const DRAWS = { counts: 199, rows: 99 };
const CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

const [mode = 'counts', ...given] = process.argv.slice(2);
if (mode !== 'counts' && mode !== 'rows') throw new Error(`${mode}: counts or rows`);
const [baselines = 50, windowsEach = 20, seed = 1] = given.map(Number);

/** Thresholds at which other tools raise an alarm, whatever the number of rows. */
const FIXED: { method: string; rule: string; alarms: (value: number) => boolean }[] = [
  { method: 'js', rule: 'JS (base 2) > 0.1', alarms: (value) => value > 0.1 },
  { method: 'psi', rule: 'PSI > 0.1', alarms: (value) => value > 0.1 },
  { method: 'classifier', rule: 'AUC > 0.55 (Evidently)', alarms: (value) => value > 0.55 },
  { method: 'mmd', rule: 'MMD2 > 0.015 (Evidently)', alarms: (value) => value > 0.015 },
];

interface Cell {
  data: string;
  method: string;
  rule: string;
  /** Empty for methods that do not use the clusters. */
  clusters: number | string;
  baseline_rows: number;
  window_rows: number;
}

class Tally {
  readonly #cells = new Map<string, { cell: Cell; windows: number; alarms: number }>();

  add(cell: Cell, alarm: boolean): void {
    const key = JSON.stringify(cell);
    const found = this.#cells.get(key) ?? { cell, windows: 0, alarms: 0 };
    found.windows++;
    if (alarm) found.alarms++;
    this.#cells.set(key, found);
  }

  rows(): Record<string, string | number>[] {
    const command = `npm run bench -- calibration ${mode} ${baselines} ${windowsEach} ${seed}`;
    return [...this.#cells.values()].map(({ cell, windows, alarms }) => ({
      ...cell,
      baselines,
      windows,
      alarms,
      share: (alarms / windows).toFixed(4),
      command,
    }));
  }
}

/** A source of rows without drift. */
interface Population {
  name: string;
  /** Draws rows for a baseline, and a function that draws other, unrelated rows. */
  draw(rows: number, random: Random): { baseline: Rows; others: (heldOutRows: number) => Others };
}

interface Others {
  heldOut: Rows;
  /** Shares no row with the held-out half. */
  window(rows: number): Rows;
}

/** Chosen rows of a pool. The pool is shared, so each row's bins are looked up once. */
interface Rows {
  pool: DriftBatch;
  chosen: Uint32Array;
}

function run(population: Population, baselineRows: number, index: number, tally: Tally): void {
  const { baseline, others } = population.draw(baselineRows, Random.stream(seed, index));
  const batch = batchOf(baseline);
  const fits = (mode === 'counts' ? CLUSTERS : CLUSTERS.slice(0, 1)).map((clusters) => {
    const profile = fitProfile(batch, { classes: CLASSES }, { clusters, restarts: 1, seed: index });
    return { profile, bins: new PoolBins(profile) };
  });
  const heldOutRows = countHeldOut(batch, index);
  for (let w = 0; w < windowsEach; w++) {
    const { heldOut, window } = others(heldOutRows);
    const first = withHeldOut(fits[0]!.profile, batchOf(heldOut));
    for (const windowRows of mode === 'counts' ? WINDOW_ROWS : [ROW_WINDOW_ROWS]) {
      const drawn = window(windowRows);
      const summary = summaryOf(first, drawn);
      for (const [f, { profile, bins }] of fits.entries()) {
        const sides = f === 0 ? { profile: first, summary } : bins.inClusters(first, heldOut, summary, drawn);
        for (const method of METHODS.filter((one) => isWanted(one, f))) {
          const cell: Cell = {
            data: population.name,
            method: method.name,
            rule: `p <= ${ALPHA}`,
            clusters: usesClusters(method) ? profile.centroids.rows : '',
            baseline_rows: method.name === 'labels' ? baselineRows / 2 : baselineRows,
            window_rows: windowRows,
          };
          compare(method, sides.profile, sides.summary, index * windowsEach + w, cell, tally);
        }
      }
    }
  }
}

/** Size of the held-out half, on which nothing is fitted. */
function countHeldOut({ embeddings }: DriftBatch, profileSeed: number): number {
  return Array.from(rowNumbers(embeddings.rows)).filter(
    (row) => !isFitRow(rowKey(embeddings, row, profileSeed), profileSeed),
  ).length;
}

/**
 * The profile of a baseline with the same fit half and another held-out half. Its parity counts stay. Its predictions
 * come from the new held-out half alone.
 */
function withHeldOut(profile: Profile, heldOut: DriftBatch): Profile {
  const counter = new BaselineCounter(profile, { allHeldOut: true });
  counter.add(heldOut);
  const { labels, reference } = counter.profile();
  return { ...profile, labels, reference };
}

/** Methods that do not use the clusters run once, against the first profile. */
function isWanted(method: Method, fit: number): boolean {
  return method.needsSample === (mode === 'rows') && (fit === 0 || usesClusters(method));
}

function usesClusters({ name }: Method): boolean {
  return name === 'js' || name === 'psi';
}

function compare(
  method: Method,
  profile: Profile,
  summary: WindowSummary,
  windowSeed: number,
  cell: Cell,
  tally: Tally,
): void {
  const draws = DRAWS[method.needsSample ? 'rows' : 'counts'];
  const context = { base: 2, alpha: ALPHA, detect: 0.1, seed: windowSeed, draws, maxDraws: draws } as const;
  const result = method.compare(profile, summary, context);
  if (result === null || result.p === null) return;
  tally.add(cell, result.p <= ALPHA);
  for (const { method: name, rule, alarms } of FIXED) {
    if (name === method.name) tally.add({ ...cell, rule }, alarms(result.value));
  }
}

function summaryOf(profile: Profile, window: Rows): WindowSummary {
  const counter = new WindowCounter(profile, { sampleRows: mode === 'rows' ? undefined : 0 });
  counter.add(batchOf(window));
  return counter.summary();
}

/** Nearest centroids of the rows of pools, looked up once for all draws. */
class PoolBins {
  readonly #labels = new WeakMap<DriftBatch, { all: Int32Array; reference: Int32Array }>();

  readonly #profile: Profile;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Recounts held-out half and window, counted against another profile of the baseline, in this profile's clusters. */
  inClusters(other: Profile, heldOut: Rows, summary: WindowSummary, window: Rows) {
    const { centroids, reference } = this.#profile;
    if (!reference || !other.reference || !summary.reference) throw new Error('the baseline is too small');
    const held = countsOf(this.#labelsOf(heldOut.pool).reference, heldOut.chosen, reference.centroids.rows);
    const labels = this.#labelsOf(window.pool);
    const clusters = countsOf(labels.reference, window.chosen, reference.centroids.rows);
    const { sample, rows } = other.reference;
    return {
      profile: { ...this.#profile, reference: { ...reference, sample, rows, counts: held } },
      summary: {
        ...summary,
        clusters: countsOf(labels.all, window.chosen, centroids.rows),
        reference: { ...summary.reference, clusters },
      },
    };
  }

  #labelsOf(pool: DriftBatch) {
    const known = this.#labels.get(pool);
    if (known) return known;
    const labels = {
      all: countNearest(this.#profile.centroids, pool.embeddings).labels,
      reference: countNearest(this.#profile.reference!.centroids, pool.embeddings).labels,
    };
    this.#labels.set(pool, labels);
    return labels;
  }
}

function countsOf(labels: Int32Array, chosen: Uint32Array, clusters: number): number[] {
  const counts = new Array<number>(clusters).fill(0);
  for (const row of chosen) counts[labels[row]!]!++;
  return counts;
}

function batchOf({ pool, chosen }: Rows): DriftBatch {
  return { embeddings: rowsOf(pool.embeddings, chosen), scores: rowsOf(pool.scores!, chosen) };
}

/** Ten modes in 16 dimensions with spread 3 and unit noise, the same for all baselines. Scores: softmax of ten columns. */
function gaussianMixture(): Population {
  const columns = 16;
  const modes = 10;
  const fixed = Random.stream(seed, 1_000_000);
  const centres = Array.from({ length: modes * columns }, () => 3 * fixed.normal());
  const fresh = (rows: number, random: Random): DriftBatch => {
    const data = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const mode = random.below(modes);
      for (let c = 0; c < columns; c++) data[row * columns + c] = centres[mode * columns + c]! + random.normal();
    }
    const embeddings = { rows, columns, data };
    return { embeddings, scores: softmaxOfFirst(embeddings, CLASSES.length) };
  };
  return {
    name: 'Gaussian mixture',
    draw(rows, random) {
      const drawn = (count: number): Rows => ({ pool: fresh(count, random), chosen: rowNumbers(count) });
      return { baseline: drawn(rows), others: (heldOutRows) => ({ heldOut: drawn(heldOutRows), window: drawn }) };
    },
  };
}

function softmaxOfFirst({ rows, columns, data }: Matrix, classes: number): Matrix {
  const scores = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const logits = Array.from({ length: classes }, (_, c) => data[row * columns + c]!);
    const largest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [c, power] of powers.entries()) scores[row * classes + c] = power / sum;
  }
  return { rows, columns: classes, data: scores };
}

/** Real embeddings and scores of clean images, pooled. */
function resampled(name: string, pool: DriftBatch & { scores: Matrix }): Population {
  return {
    name,
    draw(rows, random) {
      const order = random.shuffle(rowNumbers(pool.embeddings.rows));
      const rest = order.slice(rows);
      return {
        baseline: { pool, chosen: order.slice(0, rows) },
        others(heldOutRows) {
          const chosen = random.shuffle(rest).slice(0, heldOutRows);
          const left = rest.slice(heldOutRows);
          return { heldOut: { pool, chosen }, window: (count) => ({ pool, chosen: drawRows(left, count, random) }) };
        },
      };
    },
  };
}

/** Different rows if there are enough, otherwise drawn with replacement. */
function drawRows(rows: Uint32Array, count: number, random: Random): Uint32Array {
  if (count <= rows.length) return random.shuffle(rows).slice(0, count);
  return Uint32Array.from({ length: count }, () => rows[random.below(rows.length)]!);
}

function rowNumbers(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** @param paths npz files with the arrays `embeddings` and `scores` */
async function readPool(paths: readonly string[]): Promise<DriftBatch & { scores: Matrix }> {
  return { embeddings: await stacked(paths, 'embeddings'), scores: await stacked(paths, 'scores') };
}

async function stacked(paths: readonly string[], name: string): Promise<Matrix> {
  const parts: number[][] = [];
  let columns = 1;
  for (const path of paths) {
    const npz = await NpzFile.open(path);
    try {
      const array = await npz.array(name);
      columns = array.header.shape[1]!;
      for await (const { values } of array.rows(1_000)) parts.push(Array.from(values as Float32Array));
    } finally {
      await npz.close();
    }
  }
  const data = Float32Array.from(parts.flat());
  return { rows: data.length / columns, columns, data };
}

function rowsOf({ columns, data }: Matrix, rows: Uint32Array): Matrix {
  const found = new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries()) found.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  return { rows: rows.length, columns, data: found };
}

const POPULATIONS: Record<string, () => Promise<Population>> = {
  'Gaussian mixture': async () => gaussianMixture(),
  ...(sharedData !== null && { 'CIFAR-10 embeddings': cifar }),
};

async function cifar(): Promise<Population> {
  const paths = ['reference', 'production_1'].map((tranche) => join(sharedData!, 'golden', `${tranche}.npz`));
  return resampled('CIFAR-10 embeddings', await readPool(paths));
}

/** The task of one thread: all cells of one population and one baseline size. */
interface Task {
  population: string;
  baselineRows: number;
}

async function work({ population, baselineRows }: Task): Promise<ReturnType<Tally['rows']>> {
  const drawn = await POPULATIONS[population]!();
  const tally = new Tally();
  for (let index = 0; index < baselines; index++) {
    run(drawn, baselineRows, index, tally);
    process.stderr.write(`${population}, ${baselineRows} baseline rows: ${index + 1} of ${baselines}\n`);
    // A thread's output is only passed on while the thread is idle.
    await setImmediate();
  }
  return tally.rows();
}

if (isMainThread) {
  const tasks = Object.keys(POPULATIONS).flatMap((population) =>
    BASELINE_ROWS.map((baselineRows): Task => ({ population, baselineRows })),
  );
  const file = fileURLToPath(import.meta.url);
  const results = tasks.map(async (task) => {
    const worker = new Worker(file, { argv: process.argv.slice(2), workerData: task });
    const [rows] = (await once(worker, 'message')) as [ReturnType<Tally['rows']>];
    return rows;
  });
  process.stdout.write(`${await writeResults(`calibration-${mode}.csv`, (await Promise.all(results)).flat())}\n`);
} else parentPort!.postMessage(await work(workerData as Task));
