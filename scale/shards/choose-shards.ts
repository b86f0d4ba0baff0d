/** Which shards a task computes: `--shard`, `--only`, `--shards-per-task`. The plan alone has their number. */
import { ScaleError } from '../scale-error.js';

export interface ShardChoice {
  /** `auto`, or `I/N`: task I of N, from 0. Default: all shards, one after the other. */
  shard?: string | undefined;
  /** The shards that are meant, `3,7,12-20`. Default: all. */
  only?: string | undefined;
  /** Shards of one task, one after the other. */
  perTask: number;
}

/** @param count shards of the plan @throws ScaleError `SHARD_INDEX`, `SHARD_UNKNOWN` */
export function chooseShards(
  { shard, only, perTask }: ShardChoice,
  count: number,
  environment: Readonly<Record<string, string | undefined>>,
): number[] {
  const meant = only === undefined ? Array.from({ length: count }, (_, index) => index) : parseShards(only, count);
  if (shard === undefined) return meant;
  const tasks = Math.ceil(meant.length / perTask);
  const task = shard === 'auto' ? taskIndex(environment) : givenTask(shard, tasks);
  if (task >= tasks) {
    const message = `task ${task}, counted from 0: there are ${tasks} tasks for ${meant.length} shards`;
    throw new ScaleError('SHARD_UNKNOWN', message);
  }
  return meant.slice(task * perTask, (task + 1) * perTask);
}

function givenTask(text: string, tasks: number): number {
  const [, task, of] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  if (task === undefined) {
    const message = `--shard ${JSON.stringify(text)}: auto or I/N is needed, such as 3/100, counted from 0`;
    throw new ScaleError('SHARD_INDEX', message);
  }
  if (Number(of) !== tasks) {
    throw new ScaleError('SHARD_UNKNOWN', `--shard ${text}: ${of} tasks, the plan's shards need ${tasks}`);
  }
  return Number(task);
}

/** Shards as `--array` and `--only` name them: `3,7,12-20`. @throws ScaleError `SHARD_UNKNOWN` */
export function parseShards(text: string, count: number): number[] {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    if (from === undefined || Number(to) < Number(from)) {
      throw new ScaleError('SHARD_UNKNOWN', `--only ${JSON.stringify(part)}: shards are named as in 3,7,12-20`);
    }
    if (Number(to) >= count) {
      throw new ScaleError('SHARD_UNKNOWN', `--only ${part}: the plan has ${count} shards, 0 to ${count - 1}`);
    }
    for (let shard = Number(from); shard <= Number(to); shard++) found.add(shard);
  }
  return [...found].sort((a, b) => a - b);
}

/** The other way round. @param shards in ascending order */
export function shardsText(shards: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < shards.length; ) {
    let last = i;
    while (shards[last + 1] === shards[last]! + 1) last++;
    parts.push(last === i ? `${shards[i]}` : `${shards[i]}-${shards[last]}`);
    i = last + 1;
  }
  return parts.join(',');
}

/**
 * This task's number in a scheduler's array, from the environment: the first variable that is there counts. Some count
 * from 1, where the first task cannot be chosen.
 */
export const TASK_VARIABLES = [
  // Slurm, Kubernetes Indexed Jobs, AWS Batch, Google Batch, Cloud Run, PBS, Grid Engine, torchrun.
  ...['SLURM_ARRAY_TASK_ID', 'JOB_COMPLETION_INDEX', 'AWS_BATCH_JOB_ARRAY_INDEX', 'BATCH_TASK_INDEX'],
  ...['CLOUD_RUN_TASK_INDEX', 'PBS_ARRAY_INDEX', 'SGE_TASK_ID', 'RANK'],
].map((name) => ({ name, from: name === 'SGE_TASK_ID' ? 1 : 0 }));

/** What Grid Engine says outside of an array. */
const NO_ARRAY = 'undefined';

/** @throws ScaleError `SHARD_INDEX` */
export function taskIndex(environment: Readonly<Record<string, string | undefined>>): number {
  for (const { name, from } of TASK_VARIABLES) {
    const text = environment[name];
    if (text === undefined || text === '' || text === NO_ARRAY) continue;
    const index = Number(text) - from;
    if (/^\d{1,9}$/.test(text) && index >= 0) return index;
    const message = `--shard auto: ${name} is ${JSON.stringify(text)}, a whole number from ${from} is needed`;
    throw new ScaleError('SHARD_INDEX', message);
  }
  const names = TASK_VARIABLES.map(({ name }) => name).join(', ');
  throw new ScaleError('SHARD_INDEX', `--shard auto: no scheduler says which task this is: none of ${names} is set`, {
    hint: 'Name the shard: --shard 3/100, counted from 0.',
  });
}
