import { list, paths, text } from '../base/index.js';
import type { GradedCorruptionName } from '../data/index.js';
import { decodeFields } from '../data/options/index.js';
import { drillFields } from '../pipeline/options/index.js';
import type { DrillTable } from '../report/index.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { valuesOf } from './flag.js';
import { engineFlags, loadEmbedder } from './load-embedder.js';
import { printJson, printLines, say } from './output.js';
import { Progress } from './progress.js';
import { baselineFlag, imageSetFlags, weightsFlag } from './shared-options.js';
import { UsageError } from './usage-error.js';

const { windowSizes, methods, alpha, repeats, limit, seed, cache } = drillFields;

const options = {
  weights: weightsFlag,
  baseline: baselineFlag,
  corruptions: list()
    .default(['all'])
    .computes('blur, darken, brighten, contrast, gaussian_noise, jpeg, occlusion, colour_shift, rotation'),
  ...{ windowSizes, methods, alpha, repeats, limit, seed },
  csv: text().flag('File to make: a line a corruption, level, method and size'),
  ...imageSetFlags,
  ...decodeFields,
  cache,
  ...engineFlags,
};

export const drill = command({
  usage: 'drill <input..>',
  describe: 'Images + profile → which corruption would be noticed, at which level and window size',
  positionals: { input: paths().needed().flag('Images like the baseline: an array or files, as for embed') },
  options,
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
    const asked = valuesOf(drillFields, args);
    await compute('checkOptions', { methods: asked.methods, alpha: asked.alpha });
    const profile = await readProfile(args.baseline);
    const embedder = await loadEmbedder(args, args.weights, { tap: profile.tap ?? undefined });
    const progress = new Progress(args.quiet);
    const run = () =>
      runDrillWith((look) => compute('drillAlarms', look), embedder, args.input, profile, {
        ...asked,
        corruptions,
        onNotice: (text) => say(args.quiet || args.json, text),
        onProgress: (done, total) => progress.update('drilling', done, total, 'images'),
      });
    try {
      const table = args.csv === undefined ? await run() : await writing(args.csv, run, drillCsv);
      progress.end();
      warnOfUnlike(table, args.quiet);
      if (args.json) return printJson((await import('../pipeline/drill/index.js')).drillJson(table));
      printLines((await import('./drill-table.js')).drillTable(table));
    } finally {
      progress.end();
      await embedder.close();
    }
  },
});

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
