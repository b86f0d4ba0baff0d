import { oneOf, shellWord, text, toggle, whole } from '../base/index.js';
import { plural } from '../report/numbers/index.js';
import type { ClusterOptions, Scheduler, SchedulerName } from '../scale/index.js';
import { command } from './command.js';
import { type ArgsOf, givenFlag } from './flag.js';
import { ourCommand, print, printJson, printLines, say } from './output.js';
import { UsageError } from './usage-error.js';

/** As in `scale/templates/registry.ts`, which is not loaded for the help. */
const NAMES: readonly SchedulerName[] = ['slurm', 'kubernetes'];
const CLUSTER: readonly (keyof ClusterOptions)[] = ['image', 'claim', 'mount'];

const options = {
  to: oneOf(...NAMES)
    .needed()
    .flag('Scheduler'),
  run: toggle().default(false).flag('Give it to sbatch or kubectl apply, instead of printing it'),
  cpus: whole(1).default(4).flag('Cores of a task'),
  memory: whole(1).flag('Memory of a task, MiB').shows('1.5 times what a done shard took; 4096 before one is done'),
  parallel: whole(1).flag('Tasks at once').shows('as Slurm likes; 10 in Kubernetes'),
  shardsPerTask: whole(1)
    .default(1)
    .flag('Shards that each task computes: a Slurm array has 1,001 tasks at most, as it is installed'),
  image: text().default('image-drift:latest').flag('For Kubernetes: container image'),
  claim: text()
    .flag('For Kubernetes: PersistentVolumeClaim with the run and the images; a run in a bucket has none')
    .shows('image-drift'),
  mount: text().flag('For Kubernetes: where it is mounted').shows('the folder that RUN lies in'),
  template: text().flag('A script or manifest of your own, with {{names}}'),
};
const positionals = { folder: text().needed().flag('The run that plan made: its folder, or s3://BUCKET/PREFIX') };
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const submit = command({
  usage: 'submit <folder>',
  describe: 'The shards of a run that are not done → a script or manifest for a scheduler',
  positionals,
  options,
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
    say(args.quiet, `${plural(tasks, 'task')}. How far: ${ourCommand(`status ${shellWord(args.folder)}`)}`);
  },
});

/** What only other schedulers have a place for. @throws UsageError */
function refuseOthers(args: Args, { options }: Scheduler): void {
  const others = CLUSTER.filter((name) => !options.includes(name));
  const flag = givenFlag(args, submit.options, others);
  if (flag !== null) throw new UsageError(`submit --to ${args.to}: ${flag} is for another scheduler`, 'Leave it out.');
}
