/** The number of this task among the tasks of a scheduler's array, from 0: what the scheduler has put into the environment. */
import { ScaleError } from '../scale-error.js';

interface Variable {
  name: string;
  /** Number of the array's first task, where it cannot be chosen. */
  from: 0 | 1;
}

/** The first that is there counts. Adding a scheduler means adding a line. */
export const TASK_VARIABLES: readonly Variable[] = [
  // Slurm, Kubernetes Indexed Jobs, AWS Batch, Google Batch, Cloud Run, PBS, Grid Engine, torchrun.
  { name: 'SLURM_ARRAY_TASK_ID', from: 0 },
  { name: 'JOB_COMPLETION_INDEX', from: 0 },
  { name: 'AWS_BATCH_JOB_ARRAY_INDEX', from: 0 },
  { name: 'BATCH_TASK_INDEX', from: 0 },
  { name: 'CLOUD_RUN_TASK_INDEX', from: 0 },
  { name: 'PBS_ARRAY_INDEX', from: 0 },
  { name: 'SGE_TASK_ID', from: 1 },
  { name: 'RANK', from: 0 },
];

/** What Grid Engine says outside of an array. */
const NO_ARRAY = 'undefined';

/** @throws ScaleError `SHARD_INDEX` */
export function taskIndex(environment: Readonly<Record<string, string | undefined>>): number {
  for (const { name, from } of TASK_VARIABLES) {
    const text = environment[name];
    if (text === undefined || text === '' || text === NO_ARRAY) continue;
    const index = Number(text) - from;
    if (/^\d{1,9}$/.test(text) && index >= 0) return index;
    throw new ScaleError(
      'SHARD_INDEX',
      `--shard auto: ${name} is ${JSON.stringify(text)}, a whole number from ${from} is needed`,
    );
  }
  const names = TASK_VARIABLES.map(({ name }) => name).join(', ');
  throw new ScaleError('SHARD_INDEX', `--shard auto: no scheduler says which task this is: none of ${names} is set`, {
    hint: 'Name the shard: --shard 3/100, counted from 0.',
  });
}
