/**
 * How many baselines have a true rate of false alarms above a limit, told from few windows of each. A rate that is counted in few
 * windows varies by chance even where all baselines are alike, so counting those above the limit finds too many. Here the
 * true rates have a beta distribution, and counts are binomial given the rate (J. G. Skellam, J. R. Stat. Soc. B 10, 1948). Both
 * parameters are those of the largest likelihood.
 */

import { Random } from '../base/index.js';
import { nelderMead } from '../drift/index.js';

/** Alarms of each baseline, in as many windows each. */
export interface Counts {
  alarms: readonly number[];
  windows: number;
}

export interface FittedRates {
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

export async function fitRates(counts: Counts, limit: number): Promise<FittedRates> {
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

/** Logarithm of the chance of so many alarms, but for the binomial coefficient, which no parameter changes. */
function logChance(count: number, windows: number, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.log(a + i);
  for (let i = 0; i < windows - count; i++) sum += Math.log(b + i);
  for (let i = 0; i < windows; i++) sum -= Math.log(a + b + i);
  return sum;
}

/** P(X <= x) of a beta variable, by midpoints. Where the density has a pole at 0, they are of u = x^a, in which it has none. */
export function betaBelow(x: number, a: number, b: number): number {
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
