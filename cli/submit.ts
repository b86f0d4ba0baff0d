import { plural } from '../report/numbers/index.js';
import type { ClusterOptions, Scheduler, SchedulerName } from '../scale/index.js';
import { type Command, wholeNumber } from './command.js';
import { givenFlag } from './given-flag.js';
import { print, printJson, printLines, say } from './output.js';
import { UsageError } from './usage-error.js';

interface Args {
  folder: string;
  to: SchedulerName;
  run: boolean;
  cpus: number;
  memory?: number;
  parallel?: number;
  shardsPerTask: number;
  image: string;
  claim?: string;
  mount?: string;
  template?: string;
}

/** As in `scale/templates/registry.ts`, which is not loaded for the help. */
const NAMES: readonly SchedulerName[] = ['slurm', 'kubernetes'];
const CLUSTER: readonly (keyof ClusterOptions)[] = ['image', 'claim', 'mount'];

export const submit: Command<Args> = {
  usage: 'submit <folder>',
  describe: 'The shards of a run that are not done → a script or manifest for a scheduler',
  positionals: { folder: { type: 'string', describe: 'The run that plan made: its folder, or s3://BUCKET/PREFIX' } },
  options: {
    to: { type: 'string', choices: NAMES, demandOption: true, requiresArg: true, describe: 'Scheduler' },
    run: {
      type: 'boolean',
      default: false,
      describe: 'Give it to sbatch or kubectl apply, instead of printing it',
    },
    cpus: {
      type: 'number',
      default: 4,
      requiresArg: true,
      coerce: wholeNumber('cpus', 1),
      describe: 'Cores of a task',
    },
    memory: {
      type: 'number',
      requiresArg: true,
      coerce: wholeNumber('memory', 1),
      describe: 'Memory of a task, MiB',
      defaultDescription: '1.5 times what a done shard took; 4096 before one is done',
    },
    parallel: {
      type: 'number',
      requiresArg: true,
      coerce: wholeNumber('parallel', 1),
      describe: 'Tasks at once',
      defaultDescription: 'as Slurm likes; 10 in Kubernetes',
    },
    'shards-per-task': {
      type: 'number',
      default: 1,
      requiresArg: true,
      coerce: wholeNumber('shards-per-task', 1),
      describe: 'Shards that each task computes: a Slurm array has 1,001 tasks at most, as it is installed',
    },
    image: {
      type: 'string',
      default: 'image-drift:latest',
      requiresArg: true,
      describe: 'For Kubernetes: container image',
    },
    claim: {
      type: 'string',
      requiresArg: true,
      describe: 'For Kubernetes: PersistentVolumeClaim with the run and the images; a run in a bucket has none',
      defaultDescription: 'image-drift',
    },
    mount: {
      type: 'string',
      requiresArg: true,
      describe: 'For Kubernetes: where it is mounted',
      defaultDescription: 'the folder that RUN lies in',
    },
    template: { type: 'string', requiresArg: true, describe: 'A script or manifest of your own, with {{names}}' },
  },
  inputs: ['folder', 'template'],
  examples: [
    ['submit run --to slurm > run.sbatch', 'A script, for sbatch run.sbatch'],
    ['submit run --to slurm --run', 'The same, given to sbatch'],
    ['submit run --to kubernetes --image registry/image-drift:0.1.0 --claim photos', 'A manifest for kubectl apply'],
  ],
  async run(args) {
    const [{ handOver, submissionText }, { SCHEDULERS }] = await Promise.all([
      import('../pipeline/scale/index.js'),
      import('../scale/index.js'),
    ]);
    const scheduler = SCHEDULERS[args.to];
    refuseOthers(args, scheduler);
    const { text, submission, notices } = await submissionText(args.folder, scheduler, {
      ...args,
      perTask: args.shardsPerTask,
    });
    const { missing, tasks, cpus, memoryMib } = submission;
    const answer = args.run ? await handOver(scheduler, text) : null;
    if (args.json)
      return printJson({ to: args.to, shards: missing, tasks, cpus, memory_mib: memoryMib, text, answer, notices });
    for (const notice of notices) say(args.quiet, notice);
    if (answer === null) return printLines(text.trimEnd());
    print(answer);
    say(args.quiet, `${plural(tasks, 'task')}. How far: image-drift status ${args.folder}`);
  },
};

/** What only other schedulers have a place for. @throws UsageError */
function refuseOthers(args: Args, { options }: Scheduler): void {
  const others = CLUSTER.filter((name) => !options.includes(name));
  const flag = givenFlag(args, submit.options, others);
  if (flag !== null) throw new UsageError(`submit --to ${args.to}: ${flag} is for another scheduler`, 'Leave it out.');
}
