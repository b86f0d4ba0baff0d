/**
 * Accuracy without labels on images that the baseline lacks: the estimate, the upper end of its interval (all that a
 * window with drift gets), average thresholded confidence, and the truth. Network, baseline and images come with
 * image-drift.
 * The first 47 sets are all graded corruptions at all levels, upside-down and inverted images; in them the thresholded
 * confidence is below the truth. 47 others were fixed before today's bound was measured: pairs of corruptions at level
 * 3, windows of three classes of ten, mirrored images. `class-accuracy.ts` tries bounds for each predicted class.
 *
 *     npm run bench -- accuracy
 */
import { join } from 'node:path';
import { GRADED_CORRUPTION_NAMES, type Level, openImages, type PixelBatch } from '../data/index.js';
import { type DriftBatch, fitProfile } from '../drift/index.js';
import { totalOf } from '../drift/statistics/counts.js';
import { estimateAccuracy, type Reliability } from '../drift/statistics/estimated-accuracy.js';
import { packageRoot } from '../spec/support/places.js';
import { classBounds, WAYS, windowRows } from './class-accuracy.js';
import { writeResults } from './results.js';
import { type Change, corrupted, embedded, fashionEmbedder, mean, summaryOf } from './rows.js';

const LEVELS: readonly Level[] = [1, 2, 3, 4, 5];
const SEED = 1;
const COMMAND = 'npm run bench -- accuracy';
const WINDOW = 1_000;

const COLUMNS = ['of', 'set', 'images', 'accuracy', 'estimate', 'bound', 'excess', 'thresholded'] as const;
/** Named, how its images are changed, and the classes that it has, if not all. */
type ImagesOf = readonly [name: string, change: Change, classesKept?: readonly string[]];

const samples = join(packageRoot, 'samples', 'fashion-mnist');
const embedder = await fashionEmbedder();
const { classes } = embedder.config;
const baseline = await embed('reference.npz', 'baseline', (batch) => batch);
const profile = fitProfile(baseline, { classes }, { seed: SEED });
const { reliability } = profile.reference!;
if (reliability === null) throw new Error('the baseline has no labels');

const rows: Record<(typeof COLUMNS)[number] | 'command', string | number>[] = [];
const classRows: Record<string, string | number>[] = [];
for (const [of, changes] of [
  ['first', firstSets()],
  ['held out', heldOutSets()],
] as const) {
  for (const [name, change, classesKept = null] of changes) {
    const window = windowRows(await embed('production.npz', name, change), classesKept, WINDOW);
    const summary = summaryOf(profile, window);
    const { confidence } = summary.reference!;
    const { value, high } = estimateAccuracy(reliability, confidence!, summary.effectiveRows);
    const accuracy = summary.correct / summary.labelled;
    rows.push({
      of,
      set: name,
      images: summary.rows,
      accuracy: accuracy.toFixed(3),
      estimate: value.toFixed(3),
      bound: high.toFixed(3),
      excess: (high - accuracy).toFixed(3),
      thresholded: thresholdedAccuracy(reliability, confidence!).toFixed(3),
      command: COMMAND,
    });
    const { classes: counted, below, excess } = classBounds(baseline, window, classes);
    classRows.push({
      ...{ of, set: name, classes: counted },
      ...Object.fromEntries(WAYS.map((way) => [`${way} below`, below[way].toFixed(3)])),
      ...Object.fromEntries(WAYS.map((way) => [`${way} excess`, excess[way].toFixed(3)])),
      command: COMMAND,
    });
  }
}
await embedder.close();
console.table(rows, COLUMNS);
tell();
tellClasses();
console.log(`written to ${await writeResults('accuracy.csv', rows)}`);
console.log(`written to ${await writeResults('accuracy-classes.csv', classRows)}`);

function* firstSets(): Generator<ImagesOf> {
  for (const name of GRADED_CORRUPTION_NAMES) {
    for (const level of LEVELS) yield [`${name} ${level}`, corrupted(name, level)];
  }
  yield ['upside down', (batch) => ({ ...batch, data: upsideDown(batch) })];
  yield ['inverted', (batch) => ({ ...batch, data: batch.data.map((value) => 255 - value) })];
}

function* heldOutSets(): Generator<ImagesOf> {
  for (const [i, one] of GRADED_CORRUPTION_NAMES.entries()) {
    for (const other of GRADED_CORRUPTION_NAMES.slice(i + 1)) {
      yield [
        `${one} and ${other}`,
        (batch, firstRow) => corrupted(other, 3)(corrupted(one, 3)(batch, firstRow), firstRow),
      ];
    }
  }
  for (const i of classes.keys()) {
    const kept = [0, 1, 2].map((step) => classes[(i + step) % classes.length]!);
    yield [kept.join(', '), (batch) => batch, kept];
  }
  yield ['mirrored', (batch) => ({ ...batch, data: mirrored(batch) })];
}

function upsideDown({ rows, height, data }: PixelBatch): Uint8Array {
  const line = data.length / rows / height;
  const turned = new Uint8Array(data.length);
  for (let i = 0; i < rows * height; i++) {
    const [image, y] = [Math.floor(i / height), i % height];
    const from = (image * height + (height - 1 - y)) * line;
    turned.set(data.subarray(from, from + line), i * line);
  }
  return turned;
}

function mirrored({ rows, height, width, data }: PixelBatch): Uint8Array {
  const channels = data.length / rows / height / width;
  return data.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const x = pixel % width;
    return data[(pixel - x + width - 1 - x) * channels + channel]!;
  });
}

/**
 * Average thresholded confidence (S. Garg et al., ICLR 2022): the share of the window's rows above the confidence that
 * as many baseline rows are below as were wrong. Rows within one bin are spread as the baseline's.
 */
function thresholdedAccuracy({ total, correct }: Reliability, confidence: readonly number[]): number {
  let wrong = totalOf(total) - totalOf(correct);
  let below = 0;
  for (const [i, count] of total.entries()) {
    if (wrong <= 0) break;
    if (count > 0) below += Math.min(1, wrong / count) * confidence[i]!;
    wrong -= count;
  }
  return 1 - below / totalOf(confidence);
}

async function embed(file: string, what: string, change: Change): Promise<DriftBatch> {
  const set = await openImages(join(samples, file));
  const targets: (string | null)[] = [];
  async function* batches() {
    for await (const batch of set.batches(64)) {
      targets.push(...batch.labels!.map((label) => classes[Number(label)]!));
      yield { ...batch, ...change(batch, batch.firstRow) };
    }
  }
  const rows = await embedded(embedder, batches());
  await set.close();
  console.error(`${what}: ${set.count} images`);
  return { ...rows, targets };
}

function tell(): void {
  const points = (value: number) => (100 * value).toFixed(1);
  for (const of of ['first', 'held out']) {
    const sets = rows.filter((row) => row.of === of);
    const excess = sets.map((row) => Number(row.excess));
    const below = (column: 'bound' | 'thresholded') =>
      sets.filter((row) => Number(row[column]) < Number(row.accuracy)).length;
    const error = (column: 'estimate' | 'thresholded') =>
      points(mean(sets.map((row) => Number(row[column]) - Number(row.accuracy))));
    console.log(`${of}, ${sets.length} sets: the bound is below the truth in ${below('bound')}, and above it by`);
    const [usual, most] = [points(mean(excess)), points(Math.max(...excess))];
    console.log(`  ${usual} points in the mean, ${most} at most. Mean errors: estimate`);
    const thresholded = `thresholded ${error('thresholded')} (below the truth in ${below('thresholded')})`;
    console.log(`  ${error('estimate')}, ${thresholded}`);
  }
}

/** Each class of each set counts alike. */
function tellClasses(): void {
  for (const of of ['first', 'held out']) {
    const sets = classRows.filter((row) => row['of'] === of);
    const all = sets.reduce((sum, { classes }) => sum + Number(classes), 0);
    const meanOf = (column: string) =>
      sets.reduce((sum, row) => sum + Number(row['classes']) * Number(row[column]), 0) / all;
    const told = WAYS.map((way) => {
      const [below, excess] = [meanOf(`${way} below`), meanOf(`${way} excess`)].map((value) =>
        (100 * value).toFixed(1),
      );
      return `${way}: below the truth in ${below} %, above it by ${excess} points in the mean`;
    });
    console.log(`${of}, ${all} classes of ${sets.length} sets: ${told.join('; ')}`);
  }
}
