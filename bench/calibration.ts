/**
 * False alarms: how often each method reports drift at a nominal 5 % when there is none.
 *
 * Every trial draws and fits a baseline of its own, and compares windows of several sizes with it, one of each size. So the
 * windows of a cell are independent, and its standard error is that of a share. `bench/conditional.ts` has many windows for
 * each baseline, `bench/populations.ts` the sources of rows. `bench/vote.ts` has all methods and rows that depend on each other, with five
 * clusters; this has other numbers of clusters, and the fixed thresholds of other tools.
 *
 * `npm run bench -- calibration [counts|rows] [baselines] [windows a baseline] [seed]`. Methods that compare rows are a
 * separate run, because they take far longer than methods that compare counts.
 */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fitProfile, METHODS, type Method, type MethodResult, type Profile, WindowCounter } from '../drift/index.js';
import { Random } from '../random/index.js';
import { clusteredShare } from './clustered.js';
import { CLASSES, cellsHere, type Population, populations } from './populations.js';
import { writeResults } from './results.js';

interface Setting {
  population: string;
  clusters: number[];
  baselineRows: number;
  windowRows: number[];
  /** Whether the methods that do not use the clusters run, too; they take most of the time. */
  all?: boolean;
}

const ALPHA = 0.05;
/** p-values are then multiples of 1 / 400 or 1 / 100, and 5 % is one of these multiples. */
const DRAWS = { counts: 399, rows: 99 };

const MODES = ['counts', 'rows'] as const;
type Mode = (typeof MODES)[number];

const [wanted = 'counts', ...given] = process.argv.slice(2);
const mode = MODES.find((one) => one === wanted);
if (mode === undefined) throw new Error(`${wanted}: ${MODES.join(', ')}`);
const [baselines = 1_000, windowsEach = 1, seed = 1] = given.map(Number);

const SETTINGS: Record<Mode, Setting[]> = {
  counts: [
    { population: 'Gaussian mixture', clusters: [5, 30], baselineRows: 1_000, windowRows: [100, 1_000], all: true },
    { population: 'Gaussian mixture', clusters: [5], baselineRows: 1_000, windowRows: [10_000] },
    { population: 'Gaussian mixture', clusters: [5], baselineRows: 300, windowRows: [100, 20_000] },
    { population: 'Gaussian mixture', clusters: [5], baselineRows: 20_000, windowRows: [50] },
    { population: 'tiny clusters', clusters: [5, 10], baselineRows: 1_000, windowRows: [100, 1_000] },
    { population: 'Student-t, 2 degrees', clusters: [5], baselineRows: 1_000, windowRows: [100, 1_000] },
    { population: '1,024 dimensions', clusters: [5, 10], baselineRows: 200, windowRows: [50, 200] },
    {
      population: 'photos of clothes, pixels',
      clusters: [5, 10],
      baselineRows: 1_000,
      windowRows: [100, 1_000],
      all: true,
    },
    { population: 'CIFAR-10 embeddings', clusters: [5, 30], baselineRows: 1_000, windowRows: [100, 1_000], all: true },
    { population: 'CIFAR-10 embeddings', clusters: [5], baselineRows: 5_000, windowRows: [100, 1_000, 5_000] },
  ],
  rows: ['Gaussian mixture', 'CIFAR-10 embeddings'].flatMap((population) =>
    [1_000, 5_000].map((baselineRows) => ({ population, clusters: [5], baselineRows, windowRows: [1_000], all: true })),
  ),
};

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

interface Counted {
  cell: Cell;
  /** Alarms of each baseline's windows, by number of the baseline. */
  alarms: Map<number, number>;
  /** Baselines that are too small, or windows that are, for a verdict. */
  tooSmall: number;
  /** Sum of value / Fiddler's number. */
  ratios: number;
}

class Tally {
  readonly #cells = new Map<string, Counted>();

  add(cell: Cell, baseline: number, alarm: boolean, ratio: number): void {
    const counted = this.#of(cell);
    counted.alarms.set(baseline, (counted.alarms.get(baseline) ?? 0) + (alarm ? 1 : 0));
    counted.ratios += ratio;
  }

  addTooSmall(cell: Cell): void {
    this.#of(cell).tooSmall++;
  }

  #of(cell: Cell): Counted {
    const key = JSON.stringify(cell);
    const fresh = { cell, alarms: new Map<number, number>(), tooSmall: 0, ratios: 0 };
    const counted = this.#cells.get(key) ?? fresh;
    this.#cells.set(key, counted);
    return counted;
  }

  rows(): Record<string, string | number>[] {
    const command = `npm run bench -- calibration ${mode} ${baselines} ${windowsEach} ${seed}`;
    return [...this.#cells.values()].map(({ cell, alarms, tooSmall, ratios }) => {
      const counts = [...alarms.values()];
      const windows = counts.length * windowsEach;
      const { share, standardError } = clusteredShare(counts, windowsEach);
      return {
        ...cell,
        baselines: counts.length,
        windows,
        too_small: tooSmall,
        alarms: counts.reduce((sum, count) => sum + count, 0),
        share: counts.length === 0 ? '' : share.toFixed(4),
        standard_error: counts.length === 0 ? '' : standardError.toFixed(4),
        value_by_fiddlers: cell.rule.startsWith('p') && usesClusters(cell.method) ? (ratios / windows).toFixed(3) : '',
        command,
      };
    });
  }
}

function run(population: Population, setting: Setting, index: number, tally: Tally): void {
  const { clusters, baselineRows, windowRows } = setting;
  const { baseline, window } = population.draw(baselineRows, Random.stream(seed, index));
  const profiles = clusters.map((k) =>
    fitProfile(baseline, { classes: CLASSES }, { clusters: k, restarts: 1, seed: index }),
  );
  for (const rows of windowRows) {
    for (let w = 0; w < windowsEach; w++) {
      const drawn = window(rows);
      for (const [f, profile] of profiles.entries()) {
        const counter = new WindowCounter(profile, { sampleRows: mode === 'counts' ? 0 : undefined });
        counter.add(drawn);
        const summary = counter.summary();
        for (const method of METHODS.filter((one) => isWanted(one, f, setting))) {
          const draws = DRAWS[method.needsSample ? 'rows' : 'counts'];
          const context = { base: 2, alpha: ALPHA, tests: 1, detect: 0.1, draws, maxDraws: draws } as const;
          const result = method.compare(profile, summary, { ...context, seed: index * windowsEach + w });
          const cell = cellOf(population, method, profile, setting, rows);
          if (result === null || result.p === null) tally.addTooSmall(cell);
          else count(method, result, cell, index, tally);
        }
      }
    }
  }
}

function cellOf(
  { name }: Population,
  method: Method,
  profile: Profile,
  { baselineRows }: Setting,
  windowRows: number,
): Cell {
  const clusters = usesClusters(method.name) ? profile.centroids.rows : '';
  const rule = `p <= ${ALPHA}`;
  return { data: name, method: method.name, rule, clusters, baseline_rows: baselineRows, window_rows: windowRows };
}

function count(method: Method, { value, p, details }: MethodResult, cell: Cell, index: number, tally: Tally): void {
  const fiddler = details?.['fiddler'];
  tally.add(cell, index, (p ?? 1) <= ALPHA, typeof fiddler === 'number' && fiddler > 0 ? value / fiddler : 1);
  for (const { method: name, rule, alarms } of FIXED) {
    if (name === method.name) tally.add({ ...cell, rule }, index, alarms(value), 1);
  }
}

/** Methods that do not use the clusters run once, against the first profile. */
function isWanted(method: Method, fit: number, { all = false }: Setting): boolean {
  if (method.needsSample !== (mode === 'rows')) return false;
  return usesClusters(method.name) || (all && fit === 0);
}

function usesClusters(method: string): boolean {
  return method === 'js' || method === 'psi';
}

async function work(setting: Setting): Promise<ReturnType<Tally['rows']>> {
  const population = await populations(seed)[setting.population]!();
  const tally = new Tally();
  for (let index = 0; index < baselines; index++) {
    run(population, setting, index, tally);
    if ((index + 1) % 50 === 0) {
      process.stderr.write(
        `${setting.population}, ${setting.baselineRows} baseline rows: ${index + 1} of ${baselines}\n`,
      );
    }
    // A thread's output is only passed on while the thread is idle.
    await setImmediate();
  }
  return tally.rows();
}

const FILE = `calibration-${mode}.csv`;
/** Threads at a time. */
const THREADS = 2;

if (isMainThread) {
  const file = fileURLToPath(import.meta.url);
  const settings = cellsHere(SETTINGS[mode], seed);
  const results = new Map<Setting, ReturnType<Tally['rows']>>();
  const waiting = [...settings];
  const takeTurns = async () => {
    for (let setting = waiting.shift(); setting; setting = waiting.shift()) {
      const worker = new Worker(file, { argv: process.argv.slice(2), workerData: setting });
      const [rows] = (await once(worker, 'message')) as [ReturnType<Tally['rows']>];
      results.set(setting, rows);
      await writeResults(
        FILE,
        settings.flatMap((one) => results.get(one) ?? []),
      );
      for (const { data, method, rule, clusters, baseline_rows: m, window_rows: n, share } of rows) {
        if (`${rule}`.startsWith('p'))
          process.stderr.write(`${data}, ${method}, k ${clusters}, ${m} / ${n} rows: ${share}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: THREADS }, takeTurns));
  process.stdout.write(`${FILE}\n`);
} else parentPort!.postMessage(await work(workerData as Setting));
