/**
 * How often the interval of the Jensen-Shannon distance holds the truth, and how wide it is. The truth is the distance
 * of the clusters' shares among very many fresh rows of both populations. Every baseline is drawn and fitted anew.
 *
 *     npm run bench -- coverage [baselines] [windows a baseline] [seed]
 */

import { Random } from '../base/index.js';
import { fitProfile, jensenShannonDistance, type Matrix, type MethodContext, methodsByName } from '../drift/index.js';
import { CLASSES, cellsHere, type Population, populations } from './populations.js';
import { cellsOf, writeResults } from './results.js';
import { clusteredShare, WindowPool } from './voters.js';

interface Cell {
  population: string;
  clusters: number;
  baselineRows: number;
}

const CELLS: readonly Cell[] = cellsOf('coverage');
/** What is added to every second value of a row of the window. */
const SHIFTS = [0, 1, 4, 10];
const WINDOW_ROWS = [50, 100, 300, 1_000];
const POOL_ROWS = 100_000;
const CONTEXT = { base: 2, alpha: 0.05, tests: 1, detect: 0.1, draws: 399, maxDraws: 399 } as const;

const [baselines = 300, windowsEach = 2, seed = 1] = process.argv.slice(2).map(Number);
const [js] = methodsByName(['js']);

interface Counted {
  /** Windows of each baseline whose interval holds the truth. */
  covered: number[];
  /** The same, where the truth lies below and above. */
  below: number;
  above: number;
  widths: number;
  truths: number;
}

function shifted({ rows, columns, data }: Matrix, by: number): Matrix {
  const moved = Float32Array.from(data, (value, i) => ((i % columns) % 2 === 0 ? value : value + by));
  return { rows, columns, data: moved };
}

/** By shift, then by number of rows. */
function measure(population: Population, { clusters, baselineRows }: Cell): Counted[][] {
  const found = SHIFTS.map(() =>
    WINDOW_ROWS.map(
      (): Counted => ({ covered: new Array<number>(baselines).fill(0), below: 0, above: 0, widths: 0, truths: 0 }),
    ),
  );
  const fresh = population.draw(1, Random.stream(seed, 2_000_000)).window;
  const [quiet, drifted] = [fresh(POOL_ROWS).embeddings, fresh(POOL_ROWS).embeddings];
  const moved = SHIFTS.map((by) => shifted(drifted, by));
  for (let index = 0; index < baselines; index++) {
    const random = Random.stream(seed, index);
    const { baseline } = population.draw(baselineRows, random);
    const profile = fitProfile(baseline, { classes: CLASSES }, { clusters, restarts: 1, seed: index });
    const before = new WindowPool(quiet, profile);
    for (const [s, rows] of moved.entries()) {
      const pool = new WindowPool(rows, profile);
      // Without a shift there is no distance; two pools differ a little by chance.
      const truth = SHIFTS[s] === 0 ? 0 : jensenShannonDistance(before.shares, pool.shares, { base: 2 });
      for (const [n, windowRows] of WINDOW_ROWS.entries()) {
        for (let w = 0; w < windowsEach; w++) {
          const context: MethodContext = { ...CONTEXT, seed: index * windowsEach + w };
          const result = js!.compare(profile, pool.window(windowRows, random), context);
          if (result?.low == null || result.high === null) throw new Error(`${population.name}: no interval`);
          add(found[s]![n]!, index, truth, [result.low, result.high]);
        }
      }
    }
    if ((index + 1) % 50 === 0) process.stderr.write(`${population.name}: ${index + 1} of ${baselines}\n`);
  }
  return found;
}

function add(counted: Counted, baseline: number, truth: number, [low, high]: readonly [number, number]): void {
  counted.truths += truth;
  counted.widths += high - low;
  if (truth < low) counted.below++;
  else if (truth > high) counted.above++;
  else counted.covered[baseline]!++;
}

const known = populations(seed);
const rows: Record<string, string | number>[] = [];
for (const cell of cellsHere(CELLS, seed)) {
  const found = measure(await known[cell.population]!(), cell);
  for (const [s, shift] of SHIFTS.entries()) {
    for (const [n, windowRows] of WINDOW_ROWS.entries()) {
      const { covered, below, above, widths, truths } = found[s]![n]!;
      const windows = baselines * windowsEach;
      const { share, standardError } = clusteredShare(covered, windowsEach);
      rows.push({
        data: cell.population,
        clusters: cell.clusters,
        baseline_rows: cell.baselineRows,
        window_rows: windowRows,
        shift,
        mean_truth: (truths / windows).toFixed(4),
        baselines,
        windows,
        covered: share.toFixed(4),
        standard_error: standardError.toFixed(4),
        truth_below: (below / windows).toFixed(4),
        truth_above: (above / windows).toFixed(4),
        mean_width: (widths / windows).toFixed(4),
        command: `npm run bench -- coverage ${baselines} ${windowsEach} ${seed}`,
      });
    }
  }
  process.stdout.write(`${await writeResults('coverage.csv', rows)}: ${rows.length} rows\n`);
}
