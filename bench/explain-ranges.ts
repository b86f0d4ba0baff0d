/**
 * Whether the ranges of `explain` hold what they promise when the cause is known, so only the sampling of images can be
 * wrong. Images are embedded with a cause of the library, and cut many times at random into a baseline with labels and
 * a window. `explain.ts` measures the search for the cause as well. Results of an earlier run are replaced. Needs the
 * shared data.
 *
 *     npm run bench -- explain-ranges [--seed 1] [--splits 200] [--sets cifar,fashion] [--causes blur,jpeg]
 */
import { Random } from '../base/index.js';
import type { CauseSetting } from '../data/index.js';
import { fitPca, type JudgedRows, type Matrix64, project, readOff, remadeAccuracy } from '../drift/index.js';
import type { Embedder } from '../engine/index.js';
import { remake } from '../pipeline/explain/baseline.js';
import { type BaselineImages, baselineImages } from '../pipeline/explain/baseline-images.js';
import { flagsOf, replaceResult } from './results.js';
import { explainEmbedder, explainImages } from './rows.js';

const flags = flagsOf({ seed: '1', splits: '200', sets: 'cifar,fashion', causes: undefined });

/** One of each kind, from no change to one that leaves little. */
const CAUSES: Readonly<Record<string, readonly CauseSetting[]>> = {
  'no change': [],
  brightness: [{ family: 'brightness', make: 'factor', strength: 0.4 }],
  blur: [{ family: 'gaussian_blur', make: 'repeat', strength: 1 }],
  noise: [{ family: 'gaussian_noise', make: 'colour', strength: 0.1 }],
  jpeg: [{ family: 'jpeg', make: 'ijg', strength: 20 }],
  inversion: [{ family: 'inversion', make: 'all', strength: 1 }],
};
/** Images with labels, and of the window. */
const SIZES = [
  [2_500, 500],
  [2_500, 2_500],
  [600, 300],
] as const;
const ALL = 5_000;

/** Columns that say what a row is of. */
const KEY = 4;
const asked = flags.causes?.split(',');
for (const set of flags.sets.split(',')) {
  const embedder = await explainEmbedder(set);
  const images = await baselineImages(embedder, [explainImages(set)], { limit: ALL, seed: 0 });
  const clean = await remake(embedder, images, [], () => undefined);
  const projection = fitPca(clean.embeddings);
  for (const [cause, settings] of Object.entries(CAUSES)) {
    if (asked?.includes(cause) === false) continue;
    const isClean = settings.length === 0;
    const { embeddings, scores } = isClean ? clean : await remake(embedder, images, settings, () => undefined);
    const judged = judgedRows(embedder, images, project(projection, embeddings), scores.data);
    for (const [known, window] of SIZES) {
      const row = { images: set, cause, known, window, splits: flags.splits, ...splits(judged, known, window) };
      console.log(Object.values(row).join(' '));
      await replaceResult('explain-ranges.csv', row, KEY);
    }
  }
  await images.images.close();
  await embedder.close();
}

function judgedRows(
  { config: { classes } }: Embedder,
  { targets }: BaselineImages,
  coordinates: Matrix64,
  scores: ArrayLike<number>,
): JudgedRows {
  const of = targets.map((_, row) => Array.from(classes, (_name, i) => scores[row * classes.length + i]!));
  const confidence = of.map((own) => Math.max(...own));
  const predicted = of.map((own, row) => classes[own.indexOf(confidence[row]!)]!);
  return { coordinates, confidence, predicted, correct: predicted.map((name, row) => name === targets[row]) };
}

/** Errors in points. `blind` is that of the baseline's accuracy alone, which does not look at the window's rows. */
function splits(rows: JudgedRows, known: number, window: number) {
  const random = Random.stream(Number(flags.seed), 0);
  const found = Array.from({ length: Number(flags.splits) }, () => {
    const order = random.shuffle(Uint32Array.from(rows.correct, (_, row) => row));
    const [baseline, own] = [taken(rows, order.subarray(0, known)), taken(rows, order.subarray(known, known + window))];
    const remade = { weights: new Float64Array(known).fill(1 / known), states: [{ share: 1, rows: baseline }] };
    const { value, low, high } = readOff(remade, { rows: own, compared: window, all: window }, 0.5);
    const truth = own.correct.filter(Boolean).length / window;
    return {
      ...{ blind: Math.abs(remadeAccuracy(remade) - truth), error: Math.abs(value - truth), width: high - low },
      holds: truth >= low && truth <= high ? 1 : 0,
    };
  });
  const mean = (key: keyof (typeof found)[number]) =>
    ((100 * found.reduce((sum, one) => sum + one[key], 0)) / found.length).toFixed(2);
  const largest = (100 * Math.max(...found.map(({ error }) => error))).toFixed(2);
  return { blind: mean('blind'), error: mean('error'), largest, holds: mean('holds'), width: mean('width') };
}

function taken({ coordinates: { columns, data }, confidence, predicted, correct }: JudgedRows, rows: Uint32Array) {
  const own = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) own.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  const of = <T>(values: readonly T[]) => Array.from(rows, (row) => values[row]!);
  return {
    coordinates: { rows: rows.length, columns, data: own },
    ...{ confidence: of(confidence), predicted: of(predicted), correct: of(correct) },
  };
}
