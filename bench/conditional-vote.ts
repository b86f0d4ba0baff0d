/**
 * How many baselines raise false alarms in more than a tenth of their quiet windows, by the default of `drift`. Each
 * baseline is drawn and fitted anew, and its windows are drawn from rows that it lacks, and judged as a user's are.
 * This is slow, so there are few windows a baseline, and the share above a tenth is a fitted distribution's. A run
 * appends to `conditional-vote-baselines.csv`. Runs with different seeds add up; `summary` writes
 * `conditional-vote.csv`.
 *
 *     npm run bench -- conditional-vote [baselines] [windows a baseline] [seed] [cells, as i,j,k]
 *     npm run bench -- conditional-vote summary
 */

import { Random } from '../base/index.js';
import { DEFAULT_METHODS, type DriftBatch, fitProfile, nelderMead, type Profile } from '../drift/index.js';
import { machine } from './machine.js';
import { type Cell, CLASSES, cellsHere, populations } from './populations.js';
import { appendResults, cellsOf, readResults, writeResults } from './results.js';
import { summaryOf } from './rows.js';
import { clusteredShare, isAlarm, votesOn } from './voters.js';

const CELLS: readonly Cell[] = cellsOf('conditional-vote');
/** A baseline that calls a larger share of its quiet windows drift has bad luck. */
const TOO_OFTEN = 0.1;
const ALPHA = 0.05;
/** As many as a p-value of a twentieth of a vote needs. */
const DRAWS = 799;
/** The promise is another for windows that are larger, as a share of the baseline. */
const LARGE = 0.4;
const BASELINES = 'conditional-vote-baselines.csv';

const [first, ...others] = process.argv.slice(2);
const baselines = Number(first ?? 100);
const [windowsEach = 50, seed = 1] = others.slice(0, 2).map(Number);
const chosen = others[2]?.split(',').map((i) => CELLS[Number(i)]!) ?? CELLS;

/** Alarms of each baseline, in as many windows each. */
interface Counts {
  alarms: readonly number[];
  windows: number;
}

interface FittedRates {
  mean: number;
  /** Share of the baselines with a true rate above the limit. */
  above: number;
  /** By drawing as many baselines again, with replacement. */
  standardError: number;
}

const EVALUATIONS = 120;
const RESAMPLES = 200;
/** logit of the mean, logarithm of the concentration; at the upper end of the second all baselines are alike. */
const BOUNDS = [
  [-9, 2],
  [-1, 9],
] as const;
const START = [-3, 3];
const STEPS = [0.7, 1];
/** Points of an integral. */
const POINTS = 1_000;

/**
 * How many baselines have a true rate of false alarms above a limit. A count over few windows varies by chance and
 * finds too many, so the true rates have a beta distribution of largest likelihood, and counts are binomial given the
 * rate (J. G. Skellam, J. R. Stat. Soc. B 10, 1948).
 */
async function fitRates(counts: Counts, limit: number): Promise<FittedRates> {
  const { mean, above } = await fitted(counts, limit);
  const random = new Random(1);
  const resampled: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const alarms = counts.alarms.map(() => counts.alarms[random.below(counts.alarms.length)]!);
    resampled.push((await fitted({ ...counts, alarms }, limit)).above);
  }
  const centre = resampled.reduce((sum, value) => sum + value, 0) / RESAMPLES;
  const spread = resampled.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean, above, standardError: Math.sqrt(spread / (RESAMPLES - 1)) };
}

async function fitted({ alarms, windows }: Counts, limit: number): Promise<Pick<FittedRates, 'mean' | 'above'>> {
  const baselines = new Map<number, number>();
  for (const count of alarms) baselines.set(count, (baselines.get(count) ?? 0) + 1);
  const surprise = (point: readonly number[]) => {
    const [a, b] = shapeOf(point);
    return -[...baselines].reduce((sum, [count, times]) => sum + times * logChance(count, windows, a, b), 0);
  };
  const { point } = await nelderMead(surprise, START, STEPS, BOUNDS, EVALUATIONS);
  const [a, b] = shapeOf(point);
  return { mean: a / (a + b), above: 1 - betaBelow(limit, a, b) };
}

function shapeOf([logit, concentration]: readonly number[]): [number, number] {
  const mean = 1 / (1 + Math.exp(-logit!));
  const total = Math.exp(concentration!);
  return [mean * total, (1 - mean) * total];
}

/** Logarithm of the chance of so many alarms, without the binomial coefficient, which no parameter changes. */
function logChance(count: number, windows: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.log(a + i);
  for (let i = 0; i < windows - count; i++) sum += Math.log(b + i);
  for (let i = 0; i < windows; i++) sum -= Math.log(a + b + i);
  return sum;
}

/** P(X <= x) of a beta variable, by midpoints. Where the density has a pole at 0, they are of u = x^a, in which it has none. */
function betaBelow(x: number, a: number, b: number): number {
  const hasPole = a < 1;
  const logDensity = (at: number) => (hasPole ? 0 : (a - 1) * Math.log(at)) + (b - 1) * Math.log1p(-at);
  const largest = hasPole || a + b <= 2 ? 0 : logDensity(Math.max(1e-9, (a - 1) / (a + b - 2)));
  const integral = (end: number) => {
    const length = hasPole ? end ** a : end;
    let sum = 0;
    for (let i = 0; i < POINTS; i++) {
      const at = (length * (i + 0.5)) / POINTS;
      sum += Math.exp(logDensity(hasPole ? at ** (1 / a) : at) - largest);
    }
    return sum * length;
  };
  return integral(x) / integral(1);
}

function alarmsOf(profile: Profile, draw: () => DriftBatch): number {
  let alarms = 0;
  for (let w = 0; w < windowsEach; w++) {
    const options = { alpha: ALPHA, draws: DRAWS, seed: w, decideAt: ALPHA / DEFAULT_METHODS.length };
    if (isAlarm(votesOn(profile, summaryOf(profile, draw()), options), ALPHA)) alarms++;
  }
  return alarms;
}

async function measure({ population: name, baselineRows, windowRows }: Cell): Promise<void> {
  const population = await populations(seed)[name]!();
  for (let index = 0; index < baselines; index++) {
    const { baseline, window } = population.draw(baselineRows, Random.stream(seed, index));
    const profile = fitProfile(baseline, { classes: CLASSES }, { restarts: 1, seed: index });
    const rows = windowRows.map((size) => ({
      ...{ data: name, baseline_rows: baselineRows, window_rows: size, seed, baseline: index, windows: windowsEach },
      alarms: alarmsOf(profile, () => window(size)),
      methods: DEFAULT_METHODS.length,
      cpu: machine().cpu,
    }));
    await appendResults(BASELINES, rows);
  }
}

/** What all baselines so far say: of each cell, and of all cells with as large windows for their baselines. */
async function summarize(): Promise<void> {
  const cells = new Map<string, Record<string, string>[]>();
  const alike = new Map<string, Record<string, string>[]>();
  for (const row of readResults(BASELINES)) {
    const key = ['data', 'baseline_rows', 'window_rows', 'windows', 'methods'].map((name) => row[name]).join('/');
    cells.set(key, [...(cells.get(key) ?? []), row]);
    const isLarge = Number(row['window_rows']) > LARGE * Number(row['baseline_rows']);
    const data = `all with a ratio ${isLarge ? 'above' : 'of at most'} ${LARGE}`;
    const size = `${data}/${row['windows']}/${row['methods']}`;
    alike.set(size, [...(alike.get(size) ?? []), { ...row, data, baseline_rows: '', window_rows: '' }]);
  }
  const found: Record<string, string | number>[] = [];
  for (const rows of [...cells.values(), ...alike.values()]) found.push(await together(rows));
  console.table(found);
  await writeResults('conditional-vote.csv', found);
}

async function together(rows: readonly Record<string, string>[]) {
  const first = rows[0]!;
  const windows = Number(first['windows']);
  const alarms = rows.map((row) => Number(row['alarms']));
  const rates = alarms.map((count) => count / windows).sort((a, b) => a - b);
  const { share, standardError } = clusteredShare(alarms, windows);
  const fit = await fitRates({ alarms, windows }, TOO_OFTEN);
  return {
    ...{ data: first['data']!, methods: first['methods']! },
    ...{ baseline_rows: first['baseline_rows']!, window_rows: first['window_rows']! },
    ...{ baselines: rows.length, windows_each: windows },
    share: share.toFixed(4),
    standard_error: standardError.toFixed(4),
    counted_above_a_tenth: (rates.filter((rate) => rate > TOO_OFTEN).length / rows.length).toFixed(4),
    baselines_above_a_tenth: fit.above.toFixed(4),
    its_standard_error: fit.standardError.toFixed(4),
    ninth_in_ten: rates[Math.floor(0.9 * rates.length)]!.toFixed(4),
    worst_baseline: rates.at(-1)!.toFixed(4),
  };
}

if (first === 'summary') await summarize();
else for (const cell of cellsHere(chosen, seed)) await measure(cell);
