import { list, paths, text } from '../base/index.js';
import type { GradedCorruptionName } from '../data/index.js';
import { decodeFields } from '../data/options/index.js';
import { drillFields } from '../pipeline/options/index.js';
import type { DrillTable } from '../report/index.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { valuesOf } from './flag.js';
import { askDepth, engineFlags, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { printJson, printLines, say } from './output.js';
import { baselineFlag, imageSetFlags, weightsFlag } from './shared-options.js';
import { formatTable } from './table.js';
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
    await askDepth(args.weights, args.input, asked);
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
      printLines(drillTable(table));
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
    const message = `--corruptions ${name}: known are ${known.join(', ')}`;
    throw new UsageError(message, close === null ? undefined : `Did you mean ${close}?`);
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

/** The accuracy by level, then by window size the level that is detected: one table for one method, else several. */
function drillTable(table: DrillTable): string {
  const [first, ...others] = table.clean.alarms.map(({ method }) => method);
  const parts =
    first !== undefined && others.length === 0
      ? [tableOf(corruptionColumn(table), accuracyColumns(table), seenColumns(table, first))]
      : [
          tableOf(corruptionColumn(table), accuracyColumns(table)),
          ...table.clean.alarms.map(
            ({ method }) => `${method}\n${tableOf(corruptionColumn(table), seenColumns(table, method))}`,
          ),
        ];
  return [...parts, `${legend(table)}\n${control(table)}`].join('\n\n');
}

/** Columns, each with its title first and its cells below. */
type Columns = readonly (readonly string[])[];

function tableOf(...groups: readonly Columns[]): string {
  const all = groups.flat();
  const rows = all[0]?.slice(1).map((_, row) => all.map((column) => column[row + 1] ?? '')) ?? [];
  return formatTable(
    all.map(([title = '']) => title),
    rows,
  );
}

function corruptionColumn({ rows }: DrillTable): Columns {
  return [['corruption', ...rows.map(({ corruption }) => corruption)]];
}

function accuracyColumns({ rows, levels }: DrillTable): Columns {
  if (rows.every(({ accuracy }) => accuracy.every((value) => value === null))) return [];
  return levels.map((level, i) => [`>level ${level}`, ...rows.map(({ accuracy }) => percent(accuracy[i] ?? null))]);
}

function seenColumns({ rows, windowSizes, windows }: DrillTable, method: string): Columns {
  return windowSizes.flatMap((size, i) => {
    if (windows[i] === 0) return [];
    const levels = rows.map(({ seenFrom }) => seenFrom.find((seen) => seen.method === method)?.levels[i] ?? '-');
    return [[`>n=${size.toLocaleString('en')}`, ...levels.map(String)]];
  });
}

function legend({ alpha, images, windowSizes, windows, levels }: DrillTable): string {
  const lines = [
    `level: accuracy of ${images.toLocaleString('en')} images at this level; ${levels.at(-1)} is the strongest. ` +
      `n: window size, and the lowest level that 80 % of windows detect (p <= ${alpha}); - means none.`,
  ];
  const left = windowSizes.filter((_, i) => windows[i] === 0).map((size) => size.toLocaleString('en'));
  if (left.length > 0) lines.push(`Too few images for windows of ${left.join(', ')}.`);
  return lines.join('\n');
}

/** The false alarms of unchanged images, without which alarms cannot be judged. */
function control({ clean, windowSizes, windows }: DrillTable): string {
  const correct = clean.accuracy === null ? '' : `${percent(clean.accuracy)} correct; `;
  const alarms = clean.alarms.map(({ method, shares }) => {
    const told = windowSizes.flatMap((size, i) => {
      const share = shares[i] ?? null;
      return windows[i] === 0 || share === null ? [] : [`n=${size.toLocaleString('en')} ${percent(share, 0)}`];
    });
    return `${method} ${told.length === 0 ? 'has nothing to compare' : told.join(', ')}`;
  });
  return `Unchanged: ${correct}false alarms: ${alarms.join('; ')}.`;
}

function percent(share: number | null, digits = 1): string {
  return share === null ? '-' : `${(100 * share).toFixed(digits)} %`;
}
