/** The trials of `bench/power.ts`: which rows are baseline and windows, and what our methods say of them. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Random } from '../base/index.js';
import { DEFAULT_METHODS, type DriftBatch, driftReport, fitProfile, takeRows } from '../drift/index.js';
import { IMAGES } from './power-sets.js';
import { summaryOf } from './rows.js';

export const SIZES: readonly number[] = [100, 300, 1_000];
export const ALPHA = 0.05;
/** The vote of our methods. */
export const DEFAULT = 'default';
const CLASSES = Array.from({ length: 10 }, (_, c) => `class ${c}`);
/** Clean windows of each size in each trial, besides, for the limits of the other tools. */
const QUIET = 5;
const DRAWS = 399;

interface Window {
  size: number;
  rows: number[];
}

export interface Trial {
  trial: number;
  baseline: number[];
  /** One of each size. */
  windows: Window[];
  /** Clean ones. */
  quiet: Window[];
}

/** What a tool says of one window. */
export interface Told {
  tool: string;
  size: number;
  /** Null for a clean window that is there for the limits. */
  condition: number | null;
  /** More is more drift; minus the p-value, for our methods. */
  value: number;
}

/** A line of the files that keep what was told, so that a run that was stopped goes on where it was. */
export interface ToldOfTrial {
  trial: number;
  told: Told[];
}

export function drawTrial(trial: number, seed: number): Trial {
  const random = Random.stream(seed, trial);
  const order = random.shuffle(Uint32Array.from({ length: IMAGES }, (_, i) => i));
  const [baseline, rest] = [[...order.slice(0, IMAGES / 2)], order.slice(IMAGES / 2)];
  const quiet = SIZES.flatMap((size) =>
    Array.from({ length: QUIET }, () => ({ size, rows: [...random.shuffle(rest.slice()).slice(0, size)] })),
  );
  return { trial, baseline, windows: SIZES.map((size) => ({ size, rows: [...rest.slice(0, size)] })), quiet };
}

/** What the default and each method say of the windows of a trial. */
export function toldByUs({ trial, baseline, windows }: Trial, seed: number, conditions: readonly DriftBatch[]): Told[] {
  const profile = fitProfile(takeRows(conditions[0]!, baseline), { classes: CLASSES }, { seed: seed + trial });
  return windows.flatMap(({ size, rows }) =>
    conditions.flatMap((batch, condition) => {
      const window = { name: 'window', summary: summaryOf(profile, takeRows(batch, rows)) };
      const { p, methods } = driftReport(profile, [window], { seed: seed + trial, draws: DRAWS }).windows[0]!;
      const voters = DEFAULT_METHODS.filter((tool) => (methods[tool]?.p ?? null) !== null);
      // By itself, a method's p is not times their number. One that has no vote does not alarm.
      const alone = DEFAULT_METHODS.map((tool) => ({
        tool,
        value: voters.includes(tool) ? -methods[tool]!.p! / voters.length : -1,
      }));
      return [{ tool: DEFAULT, value: -p! }, ...alone].map((told) => ({ ...told, size, condition }));
    }),
  );
}

/** What earlier runs have told. */
export function readTold(path: string): ToldOfTrial[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ToldOfTrial);
}

export function appendTold(path: string, told: ToldOfTrial): void {
  appendFileSync(path, `${JSON.stringify(told)}\n`);
}
