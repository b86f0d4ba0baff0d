/** `embed --plan`: the shards of one task of a planned run. */
import { text, toggle, whole } from '../base/index.js';
import type { BackendName } from '../engine/index.js';
import type { Plan } from '../scale/index.js';
import type { CommonArgs } from './command.js';
import { INTERRUPTED_EXIT_CODE } from './fiddler-options.js';
import { type ArgsOf, type Flags, flagsFrom, givenFlag } from './flag.js';
import { type EngineArgs, engineFlags, engineName, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { noticesFor, printJson, say } from './output.js';
import { UsageError } from './usage-error.js';

export const runFlags = {
  plan: text().flag('RUN/plan.json, made by plan: what is embedded stands there; the shards are written beside it'),
  shard: text()
    .orNumber()
    .flag('With --plan: auto, the index that the scheduler gives this task, or I/N, task I of N, from 0')
    .shows('all shards, one after the other'),
  only: text().listed().orNumber().flag('With --plan: the shards that are meant, 3,7,12-20'),
  shardsPerTask: whole(1).default(1).flag('With --plan: shards that each task computes'),
  allowMixed: toggle()
    .default(false)
    .flag('With --plan: also on a machine that computes other bits than the one of the plan'),
};
const RUN_FLAGS = flagsFrom(runFlags);

/** Flags of `embed` that are said elsewhere, and where. */
const ELSEWHERE: readonly { names: readonly string[]; says: string; hint: string }[] = [
  {
    names: [
      ...['out', 'tap', 'images', 'layout', 'pixels', 'labels', 'dataset', 'image-url', 'image-column', 'timestamp'],
      ...['timestamp-from', 'group-from', 'statistics'],
      ...['max-pixels', 'orientation', 'background', 'allow-truncated', 'depth'],
    ],
    says: 'the plan says that',
    hint: 'Leave it out, or make another plan.',
  },
  { names: ['max-rejected'], says: 'gather judges that, over the whole run', hint: 'Leave it out.' },
  { names: ['save-every'], says: 'a shard is computed whole, or again', hint: 'Plan more shards, if they take long.' },
  { names: ['redact-paths'], says: 'the plan has the paths of all images', hint: 'Leave it out.' },
];

type Args = EngineArgs &
  ArgsOf<typeof runFlags> &
  CommonArgs & { input: string[]; weights?: string | undefined; cache?: string | undefined };

export async function embedShardsOfPlan(args: Args, plan: string, flags: Flags): Promise<void> {
  refuseWhatIsPlanned(args, flags);
  endOnSignals();
  const [{ embedShards }, { chooseShards }] = await Promise.all([
    import('../pipeline/scale/index.js'),
    import('../scale/index.js'),
  ]);
  const { shard, only, shardsPerTask, allowMixed, cache, json, quiet } = args;
  const { notices, notice } = noticesFor(args);
  const progress = new Progress(quiet);
  try {
    const { run, done, before, rows, rejected, embedder } = await embedShards({
      ...{ plan, allowMixed, cache, onNotice: notice },
      choose: (count) => chooseShards({ shard, only, perTask: shardsPerTask }, count, process.env),
      load: ({ weights, taps, engine }) => {
        const options = { tap: taps, onNotice: notice };
        return loadEmbedder({ ...args, ...pinnedEngine(args, engine) }, args.weights ?? weights.path, options);
      },
      onProgress: (images, total) => progress.update('embedding', images, total, 'images'),
      onShard: (number, { rows, rejected, before, seconds }) => {
        progress.end();
        const broken = rejected === 0 ? '' : `, ${rejected.toLocaleString('en')} rejected`;
        const took = before ? 'done before' : `${seconds.toFixed(1)} s`;
        say(quiet || json, `shard ${number}: ${rows.toLocaleString('en')} events${broken}, ${took}`);
      },
    });
    if (json) {
      const { backend = null, device = null, threads = null } = embedder ?? {};
      return printJson({ run, shards: done, done_before: before, rows, rejected, backend, device, threads, notices });
    }
    if (embedder !== null) say(quiet, engineName(embedder));
  } finally {
    progress.end();
  }
}

function refuseWhatIsPlanned(args: Args, flags: Flags): void {
  for (const { names, says, hint } of ELSEWHERE) {
    const flag = givenFlag(args, flags, names);
    if (flag !== null) throw new UsageError(`embed --plan: ${flag} is given, too; ${says}`, hint);
  }
  const [input] = args.input;
  if (input === undefined) return;
  const message = `embed --plan: ${input} is given, too; the plan says what is embedded`;
  throw new UsageError(message, 'Leave it out, or make another plan.');
}

/** Without a plan, its flags would say nothing. @throws UsageError */
export function refuseFlagsOfPlans(args: ArgsOf<typeof runFlags>): void {
  const flag = givenFlag(args, RUN_FLAGS, Object.keys(RUN_FLAGS));
  if (flag !== null)
    throw new UsageError(`embed: ${flag} is for --plan RUN/plan.json`, 'Name the plan, or leave it out.');
}

/** @throws UsageError for an engine or a precision that is not the plan's */
function pinnedEngine(args: Args, { backend, precision }: Plan['engine']): Pick<EngineArgs, 'backend' | 'precision'> {
  for (const [name, planned] of Object.entries({ backend, precision })) {
    const flag = givenFlag(args, flagsFrom(engineFlags), [name]);
    const value = args[name as 'backend' | 'precision'];
    if (flag === null || value === planned) continue;
    throw new UsageError(`embed --plan: ${flag} ${value} is given, the plan has ${planned}`, 'Leave it out.');
  }
  return { backend: backend as BackendName, precision };
}

/** A scheduler that ends a task sends SIGTERM. What was under way is removed, and the task may be run again. */
function endOnSignals(): void {
  process.removeAllListeners('SIGTERM');
  process.on('SIGTERM', () => process.exit(INTERRUPTED_EXIT_CODE));
}
