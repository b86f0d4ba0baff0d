/** Kubernetes: an Indexed Job. https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { onlyText, RETRIES, type Scheduler } from './submission.js';

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
        id: `${id.slice(0, 12)}-${shortHash(onlyText(submission))}`,
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

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}
