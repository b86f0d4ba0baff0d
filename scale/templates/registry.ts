/** Slurm: a job array. https://slurm.schedmd.com/job_array.html */

import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { shardsText } from '../shards/choose-shards.js';
import { isRawIndex, onlyText, RETRIES, type Scheduler } from './submission.js';

/** An array's last index, unless `MaxArraySize` says another: https://slurm.schedmd.com/slurm.conf.html */
const LAST_INDEX = 1000;

export const slurm: Scheduler = {
  template: 'slurm.sh',
  bucketTemplate: 'slurm.sh',
  accepts: ['sbatch'],
  options: [],
  values(paths, submission) {
    const { missing, tasks, perTask, parallel } = submission;
    const raw = isRawIndex(submission);
    const array = raw ? shardsText(missing) : `0-${tasks - 1}`;
    return {
      ...{ id: paths.id.slice(0, 12), run: quotedWord(paths.run), plan: quotedWord(paths.plan) },
      // Slurm writes to folders alone: of a run in a bucket, to that in which sbatch is called.
      // A percent sign begins a name of Slurm's own, such as %A.
      logs: paths.isBucket ? '.' : quotedWord(paths.run.replaceAll('%', '%%')),
      ...{ shards: String(missing.length), tasks: String(tasks), retries: String(RETRIES) },
      array: parallel === null ? array : `${array}%${parallel}`,
      cpus: String(submission.cpus),
      memory_mib: String(submission.memoryMib),
      measured: submission.measured,
      command: 'image-drift',
      flags: raw ? '--quiet' : `--only ${onlyText(submission)} --shards-per-task ${perTask} --quiet`,
    };
  },
  notices(_, submission) {
    const { missing, tasks, perTask } = submission;
    const last = isRawIndex(submission) ? missing.at(-1)! : tasks - 1;
    if (last <= LAST_INDEX) return [];
    const fitting = Math.ceil(missing.length / (LAST_INDEX + 1));
    const count = (value: number) => value.toLocaleString('en');
    return [
      `The array goes up to ${count(last)}. Slurm as it is installed ends at ${count(LAST_INDEX)} (MaxArraySize); ` +
        `--shards-per-task ${Math.max(2, fitting, perTask)} fits.`,
    ];
  },
};

/** As the shell and the lines of `#SBATCH` both take it. */
function quotedWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Tasks at once, where nothing is asked for. */
const PARALLEL = 10;

export const kubernetes: Scheduler = {
  template: 'kubernetes.yaml',
  bucketTemplate: 'kubernetes-bucket.yaml',
  accepts: ['kubectl', 'apply', '-f', '-'],
  options: ['image', 'claim', 'mount'],
  values({ id, run, plan }, submission, { image, claim, mount }) {
    const { missing, tasks, perTask, cpus, parallel } = submission;
    // The index counts from 0 without gaps, so the shards that are meant are named.
    const only = ['--only', onlyText(submission), '--shards-per-task', String(perTask)];
    const words = ['embed', '--plan', plan, '--shard', 'auto', ...only, '--threads', String(cpus), '--quiet'];
    return {
      // Jobs of a run have different names as long as other shards are missing.
      ...{
        id: `${id.slice(0, 12)}-${createHash('sha256').update(onlyText(submission)).digest('hex').slice(0, 6)}`,
        run,
        shards: String(missing.length),
        tasks: String(tasks),
        retries: String(RETRIES),
      },
      parallel: String(Math.min(tasks, parallel ?? PARALLEL)),
      cpus: String(cpus),
      memory_mib: String(submission.memoryMib),
      measured: submission.measured,
      // JSON is YAML. Kubernetes reads $(NAME) as a variable, and $$ as a dollar.
      arguments: JSON.stringify(words.map((word) => word.replaceAll('$', '$$$$'))),
      image: JSON.stringify(image),
      claim: JSON.stringify(claim),
      mount: JSON.stringify(mount),
    };
  },
  notices({ needs, run, isBucket }, _, { mount }) {
    const files = isBucket ? needs : [run, ...needs];
    return files
      .filter((path) => isBucket || !isIn(mount, path))
      .map((path) =>
        isBucket
          ? `Pods do not see ${path}: a run in a bucket has no volume. Plan images at URLs, or write a --template.`
          : `Pods do not see ${path}: the volume is mounted at ${mount}. Name a folder above both with --mount.`,
      );
  },
};

function isIn(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== '..' && !from.startsWith(`..${sep}`);
}

export const SCHEDULERS = { slurm, kubernetes } as const satisfies Record<string, Scheduler>;
export type SchedulerName = keyof typeof SCHEDULERS;
