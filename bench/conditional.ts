/**
 * One baseline, many windows: how many baselines raise false alarms in more than a tenth of their quiet windows.
 *
 * All windows are compared with one baseline, and have its luck in common. So each baseline has a rate of false alarms of
 * its own, here measured on hundreds of windows. Windows are drawn from rows that are not in the baseline: from a large pool
 * that stands for the population or, for images, from all that are left.
 *
 * `npm run bench -- conditional [baselines] [windows a baseline] [seed]`.
 */
import { fitProfile, type Matrix, type MethodContext, methodsByName } from '../drift/index.js';
import { Random } from '../random/index.js';
import { clusteredShare } from './clustered.js';
import { CLASSES, type Population, populations } from './populations.js';
import { writeResults } from './results.js';
import { WindowPool } from './window-pool.js';

interface Cell {
  population: string;
  clusters: number;
  baselineRows: number;
  windowRows: number[];
}

const CELLS: readonly Cell[] = [
  { population: 'Gaussian mixture', clusters: 5, baselineRows: 4_000, windowRows: [1_000] },
  { population: 'Gaussian mixture', clusters: 5, baselineRows: 1_000, windowRows: [400, 1_000] },
  { population: 'CIFAR-10 embeddings', clusters: 5, baselineRows: 1_000, windowRows: [400, 1_000] },
  { population: 'tiny clusters', clusters: 5, baselineRows: 1_000, windowRows: [400, 1_000] },
  { population: 'Gaussian mixture', clusters: 30, baselineRows: 1_000, windowRows: [400, 1_000] },
];
const ALPHA = 0.05;
/** With 199, a p-value of at most 0.05 has a chance of exactly that. */
const DRAWS = 199;
const POOL_ROWS = 200_000;
/** A baseline that calls a larger share of its quiet windows drift has bad luck. */
const TOO_OFTEN = 0.1;

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
      for (let w = 0; w < windowsEach; w++) {
        const context: MethodContext = {
          base: 2,
          alpha: ALPHA,
          tests: 1,
          detect: 0.1,
          seed: index * windowsEach + w,
          draws: DRAWS,
          maxDraws: DRAWS,
        };
        const p = js!.compare(profile, pool.window(rows, random), context)?.p ?? null;
        if (p === null) throw new Error(`${population.name}: ${baselineRows} rows are too few`);
        if (p <= ALPHA) alarms[size]![index]!++;
      }
    }
    if ((index + 1) % 50 === 0) process.stderr.write(`${population.name}: ${index + 1} of ${baselines}\n`);
  }
  return alarms;
}

const known = populations(seed);
const rows: Record<string, string | number>[] = [];
for (const cell of CELLS.filter(({ population }) => population in known)) {
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
