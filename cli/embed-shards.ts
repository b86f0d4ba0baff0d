/** `embed --plan`: the shards of one task of a planned run. */
import type { Options } from 'yargs';
import type { BackendName } from '../engine/backends/index.js';
import { type CommonArgs, wholeNumber } from './command.js';
import { INTERRUPTED_EXIT_CODE } from './interrupt.js';
import { type EngineArgs, engineName, loadEmbedder } from './load-embedder.js';
import { Progress, printJson, say } from './output.js';
import { UsageError } from './usage-error.js';

export interface RunArgs {
  plan?: string;
  shard?: string;
  only?: string;
  shardsPerTask: number;
  allowMixed: boolean;
  cache?: string;
}

export const runOptions: Record<string, Options> = {
  plan: {
    type: 'string',
    requiresArg: true,
    describe: 'RUN/plan.json, made by plan: what is embedded stands there; the shards are written beside it',
  },
  shard: {
    type: 'string',
    requiresArg: true,
    describe: 'With --plan: auto, the index that the scheduler gives this task, or I/N, task I of N, from 0',
    defaultDescription: 'all shards, one after the other',
  },
  only: { type: 'string', requiresArg: true, describe: 'With --plan: the shards that are meant, 3,7,12-20' },
  'shards-per-task': {
    type: 'number',
    default: 1,
    requiresArg: true,
    coerce: wholeNumber('shards-per-task', 1),
    describe: 'With --plan: shards that each task computes',
  },
  'allow-mixed': {
    type: 'boolean',
    default: false,
    describe: 'With --plan: also on a machine that computes other bits than the one of the plan',
  },
};

/** Flags that the plan has, with what they are called in `Args`. */
const IN_THE_PLAN: Readonly<Record<string, string>> = {
  out: 'out',
  tap: 'tap',
  images: 'images',
  pixels: 'pixels',
  labels: 'labels',
  dataset: 'dataset',
  imageUrl: 'image-url',
  imageColumn: 'image-column',
  timestamp: 'timestamp',
  timestampFrom: 'timestamp-from',
  groupFrom: 'group-from',
  maxPixels: 'max-pixels',
  orientation: 'orientation',
  background: 'background',
};

type Args = EngineArgs & RunArgs & CommonArgs & { input: string[]; weights?: string };

export async function embedShardsOfPlan(args: Args, plan: string): Promise<void> {
  refuseWhatIsPlanned(args);
  endOnSignals();
  const [{ embedShards }, { chooseShards }] = await Promise.all([
    import('../pipeline/scale/index.js'),
    import('../scale/index.js'),
  ]);
  const { shard, only, shardsPerTask, allowMixed, cache, json, quiet } = args;
  const notices: string[] = [];
  const notice = (text: string) => void (json ? notices.push(text) : say(quiet, text));
  let progress: Progress | null = null;
  try {
    const { run, done, before, rows, rejected, embedder } = await embedShards({
      ...{ plan, allowMixed, cache, onNotice: notice },
      choose: (count) => chooseShards({ shard, only, perTask: shardsPerTask }, count, process.env),
      load: ({ weights, taps, engine }) => {
        const pinned = { ...args, backend: engine.backend as BackendName, precision: engine.precision };
        return loadEmbedder(pinned, args.weights ?? weights.path, { tap: taps, onNotice: notice });
      },
      onProgress: (images, total) => {
        progress ??= new Progress('embedding', total, 'images', quiet);
        progress.update(images);
      },
      onShard: (number, { rows, rejected, before, seconds }) => {
        progress?.end();
        progress = null;
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
    (progress as Progress | null)?.end();
  }
}

/** @throws UsageError */
function refuseWhatIsPlanned(args: Args): void {
  const values = args as unknown as Record<string, unknown>;
  const named = Object.keys(IN_THE_PLAN).find((name) => values[name] !== undefined);
  const what = named === undefined ? args.input[0] : `--${IN_THE_PLAN[named]}`;
  if (what === undefined) return;
  throw new UsageError(
    `embed --plan: ${what} is given, too; the plan says that`,
    'Leave it out, or make another plan.',
  );
}

/** A scheduler that ends a task sends SIGTERM. What was under way is removed, and the task may be run again. */
function endOnSignals(): void {
  process.removeAllListeners('SIGTERM');
  process.on('SIGTERM', () => process.exit(INTERRUPTED_EXIT_CODE));
}
