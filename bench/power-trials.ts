/** The trials of `bench/power.ts`: which rows are baseline and windows, and what our methods say of them. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { DEFAULT_METHODS, type DriftBatch, driftReport, fitProfile, takeRows } from '../drift/index.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { CLASSES } from './populations.js';
import { IMAGES } from './power-sets.js';
import { mean, summaryOf } from './rows.js';

export const SIZES: readonly number[] = [100, 300, 1_000];
export const ALPHA = 0.05;
/** The vote of our methods. */
export const DEFAULT = 'default';
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

/** A line of the files that keep results, so a stopped run goes on where it was. */
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

export function readTold(path: string): ToldOfTrial[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ToldOfTrial);
}

export function appendTold(path: string, told: ToldOfTrial): void {
  appendFileSync(path, `${JSON.stringify(told)}\n`);
}

// How often each tool alarms, and how two of them differ on the same windows.

/** 0 or 1 for each trial. */
type Alarms = readonly number[];

export interface Difference {
  value: number;
  /** Standard error of the paired trials; where they never differ, as if one in all trials did. */
  standardError: number;
}

export class AlarmTable {
  readonly tools: readonly string[];
  readonly #alarms = new Map<string, number[]>();

  /** @param ours tools that alarm by their p-value; others do so above what 5 % of clean windows are above */
  constructor(trials: readonly ToldOfTrial[], ours: readonly string[]) {
    const told = trials.flatMap((trial) => trial.told);
    this.tools = [...new Set(told.map(({ tool }) => tool))];
    for (const tool of this.tools) {
      for (const size of SIZES) {
        const own = told.filter((one) => one.tool === tool && one.size === size);
        const isAlarm = ours.includes(tool) ? (value: number) => value >= -ALPHA : aboveClean(own);
        for (const { condition, value } of own) {
          if (condition !== null) this.#note(tool, size, condition, isAlarm(value));
        }
      }
    }
  }

  #of(tool: string, size: number, condition: number): Alarms {
    return this.#alarms.get(`${tool}/${size}/${condition}`)!;
  }

  share(tool: string, size: number, condition: number): number {
    return mean(this.#of(tool, size, condition));
  }

  /** The tool that sees most of these. */
  best(tools: readonly string[], size: number, condition: number): string | null {
    const [first, ...others] = tools;
    if (first === undefined) return null;
    const share = (tool: string) => this.share(tool, size, condition);
    return others.reduce((best, tool) => (share(tool) > share(best) ? tool : best), first);
  }

  /** How much more the default sees than another. */
  lead(other: string, size: number, condition: number): Difference {
    const [own, others] = [this.#of(DEFAULT, size, condition), this.#of(other, size, condition)];
    return difference(own.map((value, trial) => value - others[trial]!));
  }

  #note(tool: string, size: number, condition: number, alarm: boolean): void {
    const key = `${tool}/${size}/${condition}`;
    this.#alarms.set(key, [...(this.#alarms.get(key) ?? []), alarm ? 1 : 0]);
  }
}

function aboveClean(told: readonly Told[]): (value: number) => boolean {
  const clean = told.filter(({ condition }) => condition === null).map(({ value }) => value);
  const limit = clean.sort((a, b) => a - b)[Math.ceil((1 - ALPHA) * clean.length) - 1]!;
  return (value) => value > limit;
}

function difference(values: readonly number[]): Difference {
  const value = mean(values);
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const standardError = Math.sqrt(squares / (values.length - 1) / values.length);
  return { value, standardError: Math.max(standardError, 1 / values.length) };
}

export function standardErrorOf(share: number, windows: number): number {
  return Math.sqrt((share * (1 - share)) / windows);
}

// Asks the other tools of `bench/power.ts`, in Python, about the windows that ours have seen.

/** Appends a line for each trial to a file. */
export function askPeers(
  python: string,
  trials: readonly Trial[],
  conditions: readonly DriftBatch[],
  out: string,
): void {
  if (trials.length === 0) return;
  const folder = temporaryFolder();
  const files = conditions.map(({ embeddings }, condition) => {
    const file = join(folder, `condition-${condition}.bin`);
    writeFileSync(file, Float32Array.from(embeddings.data));
    return file;
  });
  const job = join(folder, 'job.json');
  writeFileSync(job, JSON.stringify({ columns: conditions[0]!.embeddings.columns, conditions: files, trials, out }));
  const script = join(packageRoot, 'bench', 'power_peers.py');
  const { status } = spawnSync(python, ['-W', 'ignore', script, job], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${python} ${script} ended with ${status}`);
}
