/** How often each tool of `bench/power.ts` alarms, and how two of them differ on the same windows. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriftBatch } from '../drift/index.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { ALPHA, DEFAULT, SIZES, type Told, type ToldOfTrial, type Trial } from './power-trials.js';
import { mean } from './rows.js';

/** 0 or 1 for each trial. */
type Alarms = readonly number[];

export interface Difference {
  value: number;
  /** Standard error of the paired trials; where they never differ, as if one in all trials did. */
  standardError: number;
}

/** Alarms of all tools by window size and condition. */
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

/** Standard error of a share. */
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
