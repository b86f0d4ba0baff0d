/**
 * One baseline, many windows: how many baselines raise false alarms in more than a tenth of their quiet windows.
 *
 * All windows are compared with one baseline, and have its luck in common. So each baseline has a rate of false alarms of
 * its own, here measured on hundreds of windows. Windows are drawn from rows that are not in the baseline: from a large pool
 * that stands for the population or, for images, from all that are left. The band of a window depends on its number of rows
 * alone, and a value beyond it is what has a p-value of at most 0.05, so a band is drawn once for each number of rows.
 *
 * `npm run bench -- conditional [baselines] [windows a baseline] [seed]`.
 */
import {
  fitProfile,
  jensenShannonDistance,
  type Matrix,
  methodsByName,
  type Profile,
  type WindowSummary,
} from '../drift/index.js';
import { Random } from '../random/index.js';
import { clusteredShare } from './clustered.js';
import { CONDITIONAL_CELLS, type ConditionalCell, TOO_OFTEN } from './conditional-cells.js';
import { CLASSES, cellsHere, type Population, populations } from './populations.js';
import { writeResults } from './results.js';
import { WindowPool } from './window-pool.js';

interface Cell extends ConditionalCell {
  clusters: number;
}

const CELLS: readonly Cell[] = [
  ...CONDITIONAL_CELLS.map((cell) => ({ ...cell, clusters: 5 })),
  { population: 'Gaussian mixture', clusters: 30, baselineRows: 1_000, windowRows: [400, 1_000] },
];
const ALPHA = 0.05;
/** Quiet windows that a band is drawn from. */
const DRAWS = 1_999;
const POOL_ROWS = 200_000;

const [baselines = 300, windowsEach = 500, seed = 1] = process.argv.slice(2).map(Number);
const [js] = methodsByName(['js']);

/** False alarms of each baseline, for each number of rows. */
function alarmsOf(population: Population, { clusters, baselineRows, windowRows }: Cell): number[][] {
  const alarms = windowRows.map(() => new Array<number>(baselines).fill(0));
  let fixed: Matrix | null = null;
  for (let index = 0; index < baselines; index++) {
    const random = Random.stream(seed, index);
    const { baseline, window } = population.draw(baselineRows, random);
    if (population.rows === null) fixed ??= window(POOL_ROWS).embeddings;
    const rest = fixed ?? window(population.rows! - baselineRows).embeddings;
    const profile = fitProfile(baseline, { classes: CLASSES }, { clusters, restarts: 1, seed: index });
    const pool = new WindowPool(rest, profile);
    for (const [size, rows] of windowRows.entries()) {
      const band = bandOf(profile, pool.window(rows, random), index);
      for (let w = 0; w < windowsEach; w++) {
        const { clusters: seen } = pool.window(rows, random);
        if (jensenShannonDistance(profile.crossFit!.counts, seen, { base: 2 }) > band) alarms[size]![index]!++;
      }
    }
    if ((index + 1) % 50 === 0) process.stderr.write(`${population.name}: ${index + 1} of ${baselines}\n`);
  }
  return alarms;
}

/** Upper end of the band for windows of as many rows. */
function bandOf(profile: Profile, window: WindowSummary, index: number): number {
  const context = { base: 2, alpha: ALPHA, tests: 1, detect: 0.1, seed: index, draws: DRAWS, maxDraws: DRAWS } as const;
  const band = js!.compare(profile, window, context)?.band;
  if (!band) throw new Error(`${profile.rows} rows are too few for ${profile.counts.length} clusters`);
  return band[1];
}

const known = populations(seed);
const rows: Record<string, string | number>[] = [];
for (const cell of cellsHere(CELLS, seed)) {
  const { population, clusters, baselineRows } = cell;
  const alarms = alarmsOf(await known[population]!(), cell);
  for (const [size, windowRows] of cell.windowRows.entries()) {
    const rates = alarms[size]!.map((count) => count / windowsEach).sort((a, b) => a - b);
    const { share, standardError } = clusteredShare(alarms[size]!, windowsEach);
    const often = rates.filter((rate) => rate > TOO_OFTEN).length / baselines;
    rows.push({
      data: population,
      method: 'js',
      clusters,
      baseline_rows: baselineRows,
      window_rows: windowRows,
      ratio: windowRows / baselineRows,
      baselines,
      windows_each: windowsEach,
      share: share.toFixed(4),
      standard_error: standardError.toFixed(4),
      baselines_above_a_tenth: often.toFixed(4),
      its_standard_error: Math.sqrt((often * (1 - often)) / baselines).toFixed(4),
      median_baseline: rates[Math.floor(baselines / 2)]!.toFixed(4),
      ninth_in_ten: rates[Math.floor(0.9 * baselines)]!.toFixed(4),
      worst_baseline: rates.at(-1)!.toFixed(4),
      command: `npm run bench -- conditional ${baselines} ${windowsEach} ${seed}`,
    });
  }
  process.stdout.write(`${await writeResults('conditional.csv', rows)}: ${rows.length} rows\n`);
}
