/** Slurm: a job array. https://slurm.schedmd.com/job_array.html */
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
