/** What is asked of a scheduler for a run: which tasks, and what each of them needs. */

import { fileURLToPath } from 'node:url';
import { readSmallText } from '../../files/index.js';
import type { KnownPlan } from '../plan/plan.js';
import { ScaleError } from '../scale-error.js';
import { shardsText } from '../shards/choose-shards.js';
import type { Marker } from '../shards/marker.js';

export interface SubmissionOptions {
  perTask: number;
  cpus: number;
  /** MiB of memory; default: as much as a done shard took, and half of that. */
  memory?: number | undefined;
  /** Tasks at once; default: as many as the scheduler likes. */
  parallel?: number | undefined;
}

export interface Submission {
  missing: readonly number[];
  tasks: number;
  perTask: number;
  cpus: number;
  memoryMib: number;
  parallel: number | null;
  /** Where the memory comes from, as a sentence. */
  measured: string;
}

/** Tries of a task beyond the first. */
export const RETRIES = 3;
/** Before a shard of this network is done, nothing is known of it. */
const UNKNOWN_MIB = 4096;
const MIB = 2 ** 20;
const STEP_MIB = 256;
const ROOM = 1.5;

/** @param markers by shard; null where one is not done @throws ScaleError `RUN_COMPLETE` */
export function submissionOf(
  { plan }: KnownPlan,
  markers: readonly (Marker | null)[],
  { perTask, cpus, memory, parallel = undefined }: SubmissionOptions,
): Submission {
  const missing = plan.shards.flatMap((_, shard) => (markers[shard] ? [] : [shard]));
  if (missing.length === 0) {
    throw new ScaleError('RUN_COMPLETE', 'all shards of this run are done', { hint: 'Next: image-drift gather RUN.' });
  }
  const tasks = Math.ceil(missing.length / perTask);
  const done = markers.filter((marker) => marker !== null);
  return {
    ...{ missing, tasks, perTask, cpus, parallel: parallel ?? null },
    memoryMib: memory ?? neededMib(done),
    measured: memory === undefined ? measuredText(done) : `${memory} MiB of memory were asked for.`,
  };
}

/** Whether a task's index is the shard itself, so that `--array=3,7` computes 3 and 7. */
export function isRawIndex({ perTask }: Submission): boolean {
  return perTask === 1;
}

/** The shards as `--only` takes them. */
export function onlyText({ missing }: Submission): string {
  return shardsText(missing);
}

function neededMib(done: readonly Marker[]): number {
  if (done.length === 0) return UNKNOWN_MIB;
  const most = Math.max(...done.map((marker) => marker.memory_bytes));
  return Math.ceil((ROOM * most) / MIB / STEP_MIB) * STEP_MIB;
}

function measuredText(done: readonly Marker[]): string {
  if (done.length === 0)
    return 'The memory is a guess: no shard is done yet. After one (embed --only 0) it is what that took.';
  const most = done.reduce((a, b) => (b.memory_bytes > a.memory_bytes ? b : a));
  const [mib, threads] = [Math.ceil(most.memory_bytes / MIB), most.engine.threads];
  return `The memory is 1.5 times what shard ${most.shard} took: ${mib} MiB, ${threads} threads.`;
}

/** A scheduler that a run can be given to: its template, and what the names in it stand for. */
export interface RunPaths {
  id: string;
  /** Full path of the run's folder, or its prefix of a bucket. */
  run: string;
  isBucket: boolean;
  plan: string;
  /** Full paths of files that tasks read beside the run: weights, and the first image; URLs are left out. */
  needs: readonly string[];
}

export interface ClusterOptions {
  image: string;
  /** The claim of the volume that all tasks see. */
  claim: string;
  mount: string;
}

export interface Scheduler {
  template: string;
  /** The same for a run in a bucket, which needs no volume. */
  bucketTemplate: string;
  /** Which of the cluster's options its templates have a place for. */
  options: readonly (keyof ClusterOptions)[];
  /** A program, and its arguments, that takes the filled template on standard input. */
  accepts: readonly string[];
  values(paths: RunPaths, submission: Submission, options: ClusterOptions): Record<string, string>;
  /** What a person should know before it is submitted. */
  notices(paths: RunPaths, submission: Submission, options: ClusterOptions): readonly string[];
}

/** Longer ones are no script. */
const MAX_TEMPLATE_BYTES = 2 ** 20;
const NAME = /\{\{([a-z_]+)\}\}/g;

/** Compiled, this file lies in `dist/scale/templates/`, three folders below the package's root. */
export function templatePath(name: string): string {
  return fileURLToPath(new URL(`../../../scale/templates/${name}`, import.meta.url));
}

/** @throws ScaleError `TEMPLATE_NAME` for a name that nothing stands for; FileError */
export async function fillTemplate(path: string, values: Readonly<Record<string, string>>): Promise<string> {
  const text = await readSmallText(path, MAX_TEMPLATE_BYTES, 'a template');
  return text.replace(NAME, (whole, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    const message = `${path}: nothing stands for ${whole}; there are ${Object.keys(values).join(', ')}`;
    throw new ScaleError('TEMPLATE_NAME', message);
  });
}
