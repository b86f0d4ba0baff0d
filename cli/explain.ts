import type { Command } from './command.js';
import { wholeNumber } from './command.js';
import { type EngineArgs, engineOptions, loadEmbedder } from './load-embedder.js';
import { Progress, printJson, printLines, say } from './output.js';
import {
  baselineOption,
  type ColumnArgs,
  cacheOption,
  columnChoice,
  columnOptions,
  decodeOptions,
  groupOption,
  type ImageSetArgs,
  imageSetOptions,
  imageSetSettings,
  seedOption,
  weightsOption,
} from './shared-options.js';
import { UsageError } from './usage-error.js';

interface Args extends EngineArgs, ColumnArgs, ImageSetArgs {
  events: string[];
  weights: string;
  baseline: string;
  baselineImages: string[];
  candidates: number;
  budget?: string;
  equivalence: number;
  rows: number;
  looks: number;
  methods?: string;
  keep: boolean;
  seed: number;
  group?: string;
}

const LABELS = { baseline: 'embedding the baseline', look: 'looking at the library', remake: 'making a cause again' };

export const explain: Command<Args> = {
  usage: 'explain <events..>',
  describe: "A window + the baseline's images → the cause made again, and the accuracy read off",
  positionals: {
    events: { type: 'string', array: true, describe: 'One file a window, made by embed' },
  },
  options: {
    weights: weightsOption,
    baseline: baselineOption,
    'baseline-images': {
      type: 'string',
      array: true,
      demandOption: true,
      requiresArg: true,
      describe: 'Labelled images of the baseline: an array or files, as for embed',
    },
    candidates: {
      type: 'number',
      default: 4,
      requiresArg: true,
      describe: 'Causes embedded for a window at most',
      coerce: wholeNumber('candidates', 1),
    },
    budget: {
      type: 'string',
      requiresArg: true,
      describe: 'Time for a window, such as 60s or 5m, after which no further cause is embedded',
      defaultDescription: 'no limit',
    },
    equivalence: {
      type: 'number',
      default: 0.55,
      requiresArg: true,
      describe: 'A cause suffices if the upper bound of the AUC is below this; at most 0.55',
    },
    rows: {
      type: 'number',
      default: 2500,
      requiresArg: true,
      describe: 'Images of the baseline that are used, drawn at random',
      coerce: wholeNumber('rows', 200),
    },
    looks: {
      type: 'number',
      default: 200,
      requiresArg: true,
      describe: 'Images of the baseline that the whole library is applied to; fewer large ones',
      coerce: wholeNumber('looks', 1),
    },
    methods: {
      type: 'string',
      requiresArg: true,
      describe: 'As of drift, and the same default: by their verdict a window is unchanged or not',
    },
    keep: {
      type: 'boolean',
      default: true,
      describe: 'Keep what is found about the baseline for the next run; --no-keep for nothing on disk',
    },
    seed: seedOption('Of the images that are drawn'),
    ...columnOptions,
    ...groupOption,
    ...imageSetOptions,
    ...decodeOptions,
    ...cacheOption,
    ...engineOptions,
  },
  inputs: ['events', 'weights', 'baseline', 'baseline-images'],
  outputs: ['cache'],
  examples: [
    ['explain week_2.parquet --baseline profile.json --baseline-images reference.npz --weights weights/cifar', ''],
  ],
  async run(args) {
    const budget = args.budget === undefined ? undefined : milliseconds(args.budget);
    const [{ explainJson, explainWindows }, { readProfile }] = await Promise.all([
      import('../pipeline/explain/index.js'),
      import('../pipeline/measure/index.js'),
    ]);
    const profile = await readProfile(args.baseline);
    const embedder = await loadEmbedder(args, args.weights, { tap: profile.tap ?? undefined });
    let progress: Progress | null = null;
    const onStep = (step: keyof typeof LABELS, done: number, total: number) => {
      if (progress?.label !== LABELS[step]) {
        progress?.end();
        progress = new Progress(LABELS[step], total, step === 'look' ? 'looks' : 'images', args.quiet);
      }
      progress.update(done);
    };
    try {
      const explanation = await explainWindows(embedder, args.baselineImages, profile, args.events, {
        ...{ budget, onStep, columns: columnChoice(args), methods: args.methods?.split(',') },
        candidates: args.candidates,
        equivalence: args.equivalence,
        rows: args.rows,
        looks: args.looks,
        keep: args.keep,
        seed: args.seed,
        group: args.group,
        ...imageSetSettings(args),
        onNotice: (text) => say(args.quiet || args.json, text),
      });
      (progress as Progress | null)?.end();
      if (args.json) return printJson(explainJson(explanation));
      printLines((await import('./explain-table.js')).explainTable(explanation));
    } finally {
      (progress as Progress | null)?.end();
      await embedder.close();
    }
  },
};

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `60s`, `5m`, `1h`. */
function milliseconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (!(value > 0)) throw new UsageError(`--budget ${text}: a time such as 60s, 5m or 1h is needed`);
  return value;
}
