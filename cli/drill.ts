import type { GradedCorruptionName } from '../data/index.js';
import type { DrillTable } from '../report/index.js';
import { type Command, wholeNumber } from './command.js';
import { compute } from './computing.js';
import { type EngineArgs, engineOptions, loadEmbedder } from './load-embedder.js';
import { printJson, printLines, say } from './output.js';
import { Progress } from './progress.js';
import {
  baselineOption,
  cacheOption,
  decodeOptions,
  type ImageSetArgs,
  imageSetOptions,
  imageSetSettings,
  seedOption,
  weightsOption,
} from './shared-options.js';
import { UsageError } from './usage-error.js';

interface Args extends EngineArgs, ImageSetArgs {
  input: string[];
  weights: string;
  baseline: string;
  corruptions: string;
  sizes: string;
  methods?: string;
  alpha: number;
  repeats: number;
  limit: number;
  seed: number;
  csv?: string;
}

export const drill: Command<Args> = {
  usage: 'drill <input..>',
  describe: 'Images + profile → which corruption would be noticed, at which level and window size',
  positionals: {
    input: { type: 'string', array: true, describe: 'Images like the baseline: an array or files, as for embed' },
  },
  options: {
    weights: weightsOption,
    baseline: baselineOption,
    corruptions: {
      list: true,
      computes: true,
      type: 'string',
      default: 'all',
      requiresArg: true,
      describe: 'blur, darken, brighten, contrast, gaussian_noise, jpeg, occlusion, colour_shift, rotation',
    },
    sizes: {
      list: true,
      computes: true,
      type: 'string',
      default: '50,100,200,500,1000',
      requiresArg: true,
      describe: 'Rows of a window',
    },
    methods: {
      list: true,
      computes: true,
      type: 'string',
      requiresArg: true,
      describe: 'Each by itself, as of drift, or all (default: as drift judges without --methods, by their vote)',
    },
    alpha: {
      computes: true,
      type: 'number',
      default: 0.05,
      requiresArg: true,
      describe: 'A window alarms at p <= alpha, from 0.0001 to 0.5',
    },
    repeats: {
      computes: true,
      type: 'number',
      default: 40,
      requiresArg: true,
      describe: 'Windows drawn of each size',
      coerce: wholeNumber('repeats', 1),
    },
    limit: {
      computes: true,
      type: 'number',
      default: 1000,
      requiresArg: true,
      describe:
        'Images used, drawn at random; each is embedded 46 times, 1,000 of 32 × 32 in a minute or two on two cores',
      coerce: wholeNumber('limit', 1),
    },
    seed: seedOption('Of images, corruptions and windows'),
    csv: { type: 'string', requiresArg: true, describe: 'File to make: a line a corruption, level, method and size' },
    ...imageSetOptions,
    ...decodeOptions,
    ...cacheOption,
    ...engineOptions,
  },
  inputs: ['input', 'weights', 'baseline'],
  readsStdin: true,
  outputs: ['csv', 'cache'],
  files: ['csv'],
  examples: [
    ['drill images.npz --weights weights/cifar --baseline profile.json', 'Nine corruptions in five levels'],
    ['drill images.npz --weights weights/cifar --baseline profile.json --corruptions blur,darken --sizes 100', ''],
  ],
  async run(args) {
    const [{ runDrillWith, drillCsv }, { readProfile }, { GRADED_CORRUPTION_NAMES }] = await Promise.all([
      import('../pipeline/drill/index.js'),
      import('../pipeline/measure/index.js'),
      import('../data/index.js'),
    ]);
    const corruptions = await chosenCorruptions(args.corruptions, GRADED_CORRUPTION_NAMES);
    const windowSizes = args.sizes.split(',').map((size) => wholeNumber('sizes', 1)(size) as number);
    await compute('checkOptions', { methods: args.methods?.split(','), alpha: args.alpha });
    const profile = await readProfile(args.baseline);
    const embedder = await loadEmbedder(args, args.weights, { tap: profile.tap ?? undefined });
    let progress: Progress | null = null;
    const run = () =>
      runDrillWith((look) => compute('drillAlarms', look), embedder, args.input, profile, {
        corruptions,
        windowSizes,
        methods: args.methods?.split(','),
        alpha: args.alpha,
        repeats: args.repeats,
        limit: args.limit,
        seed: args.seed,
        ...imageSetSettings(args),
        onNotice: (text) => say(args.quiet || args.json, text),
        onProgress: (done, total) => {
          progress ??= new Progress('drilling', total, 'images', args.quiet);
          progress.update(done);
        },
      });
    try {
      const table = args.csv === undefined ? await run() : await writing(args.csv, run, drillCsv);
      (progress as Progress | null)?.end();
      warnOfUnlike(table, args.quiet);
      if (args.json) return printJson((await import('../pipeline/drill/index.js')).drillJson(table));
      printLines((await import('./drill-table.js')).drillTable(table));
    } finally {
      (progress as Progress | null)?.end();
      await embedder.close();
    }
  },
};

async function chosenCorruptions(
  text: string,
  known: readonly GradedCorruptionName[],
): Promise<readonly GradedCorruptionName[]> {
  if (text === 'all') return known;
  const { nearest } = await import('../base/index.js');
  return [...new Set(text.split(','))].map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (found !== undefined) return found;
    const close = nearest(name, known);
    throw new UsageError(
      `--corruptions ${name}: known are ${known.join(', ')}`,
      close === null ? undefined : `Did you mean ${close}?`,
    );
  });
}

/** Opens the file first, so that a folder that is not there is told before anything is computed. */
async function writing(
  path: string,
  run: () => Promise<DrillTable>,
  text: (table: DrillTable) => string,
): Promise<DrillTable> {
  const { writeFileAtomically } = await import('../files/index.js');
  return writeFileAtomically(path, async (file) => {
    const table = await run();
    await file.write(new TextEncoder().encode(text(table)));
    return table;
  });
}

/** Many times the false alarms that alpha allows: chance alone would not do that. */
const UNLIKE = 3;

/** Says so where the images as they are alarm too often: then the alarms of corrupted ones prove little. */
function warnOfUnlike({ clean, windowSizes, windows, alpha }: DrillTable, quiet: boolean): void {
  for (const { method, shares } of clean.alarms) {
    const at = shares.findLastIndex((share, i) => share !== null && (windows[i] ?? 0) > 1 && share > UNLIKE * alpha);
    if (at < 0) continue;
    const share = ((shares[at] as number) * 100).toFixed(0);
    say(
      quiet,
      `${method}: ${share} % of windows of ${windowSizes[at]?.toLocaleString('en')} unchanged images alarm. ` +
        'These images differ from the baseline by themselves; corruptions then seem easier to see than they are.',
    );
  }
}
