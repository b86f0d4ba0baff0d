/**
 * "Would I notice?" Corrupts images at known levels and finds how often the methods raise an alarm in windows of
 * several sizes, and how accurate the model still is: for alert thresholds and window sizes.
 */

import { type Settled, settle } from '../../base/index.js';
import {
  atLevel,
  corruptBatchAtLevel,
  GRADED_CORRUPTION_NAMES,
  type GradedCorruption,
  type GradedCorruptionName,
  gradedCorruptions,
  LEVELS,
  type Level,
} from '../../data/index.js';
import {
  ALPHA_RANGE,
  accuracyOf,
  checkComparable,
  type DriftBatch,
  isAlpha,
  type Profile,
  predictedOf,
} from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import type { DrillRow, DrillTable } from '../../report/index.js';
import { checkEmbedder } from '../embed/index.js';
import { profileSha256 } from '../measure/profiles.js';
import { type DrillOptions, drillFields } from '../options/index.js';
import { DrillError } from './drill-error.js';
import { type Change, type DrillImages, embedRows, sampleImages } from './images.js';
import {
  type AlarmShares,
  comparesStatistics,
  type DrillLook,
  lookForAlarms,
  MAX_REPEATS,
  profileJudge,
  type WindowPlan,
  windowCounts,
} from './judge.js';

/** Told where the statistics of the images cannot be compared with the baseline's. */
const NO_STATISTICS =
  'The images are resized for the model and then corrupted. So their statistics, which embed measures before, are not compared.';
/** Share of windows that must raise an alarm for a corruption to count as detected. */
export const SEEN_SHARE = 0.8;

/**
 * Answers "would I notice?": corrupts your images at several strengths, and counts how often windows of several sizes
 * raise an alarm. Needs memory for the images at the model's size and for the embeddings of one level at a time.
 *
 * @param embedder the model that the profile was made with
 * @param images images that are like the baseline: an array or files, as `embedImages` takes them
 * @param profile the baseline
 * @param options corruptions, levels from 1 to 5, window sizes in images, methods
 * @returns for each corruption: accuracy at each level, share of windows that alarm, and the weakest level that is seen
 * @throws DrillError `DRILL_OPTION`, `DRILL_TOO_FEW_IMAGES`, `DRILL_TOO_LARGE`
 * @throws DataError, DriftError, EngineError, FileError
 *
 * @example
 * ```ts
 * import { Embedder, readProfile, runDrill, weightsFolder } from 'image-drift';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const table = await runDrill(embedder, 'week_1.npz', await readProfile('profile.json'), {
 *   corruptions: ['darken'],
 *   levels: [1, 5],
 *   windowSizes: [50],
 *   limit: 100,
 * });
 * for (const { corruption, seenFrom } of table.rows) console.log(corruption, seenFrom[0]?.levels);
 * await embedder.close();
 * ```
 */
export async function runDrill(
  embedder: Embedder,
  images: string | readonly string[],
  profile: Profile,
  options: DrillOptions = {},
): Promise<DrillTable> {
  return runDrillWith(async (look) => lookForAlarms(look), embedder, images, profile, options);
}

/** Runs the drill with `lookForAlarms` done elsewhere, on another thread for instance: it takes most of the time. */
export async function runDrillWith(
  look: (look: DrillLook) => Promise<AlarmShares[]>,
  embedder: Embedder,
  images: string | readonly string[],
  profile: Profile,
  options: DrillOptions = {},
): Promise<DrillTable> {
  const settled = settle('runDrill', options, drillFields);
  checkEmbedder('runDrill', embedder);
  const { alpha, seed, methods, limit, corruptions = GRADED_CORRUPTION_NAMES } = settled;
  const plan = windowPlan(settled);
  // Throws for methods and profiles that cannot judge, before anything is embedded.
  profileJudge(profile, methods, { alpha, seed });
  const levels = ascending(options.levels ?? LEVELS);
  const sample = await sampleImages(embedder, [images].flat(), { ...options, limit, seed });
  const { rows: count } = sample.pixels;
  const windows = windowCounts(count, plan);
  const perLook = windows.reduce((sum, found) => sum + found, 0);
  if (perLook === 0) throw tooFewImages(sample, plan.sizes);

  const embed = embedding(embedder, sample, 1 + corruptions.length * levels.length, options);
  let judged = 0;
  const seenOf = async (rows: DriftBatch): Promise<Seen> => {
    const alarms = await look({ profile, methods, rows, plan, judged });
    judged += perLook;
    return { accuracy: accuracy(rows, embedder.config.classes), alarms };
  };
  const unchanged = await embed((batch) => batch);
  checkProfile(profile, embedder, unchanged, sample.where);
  if (!unchanged.statistics && comparesStatistics(profile, methods)) options.onNotice?.(NO_STATISTICS);
  const clean = await seenOf(unchanged);
  const rows: DrillRow[] = [];
  for (const name of corruptions) {
    const seen: Seen[] = [];
    for (const level of levels) {
      const changed = await embed((batch, firstRow) => corruptBatchAtLevel(batch, name, level, { seed, firstRow }));
      seen.push(await seenOf(changed));
    }
    rows.push(drillRow(name, levels, sample, seen));
  }
  const made = { profileSha256: profileSha256(profile), weightsSha256: embedder.weightsSha256 };
  return { ...made, images: count, alpha, seed, levels, windowSizes: [...plan.sizes], windows, clean, rows };
}

type Seen = DrillTable['clean'];

function embedding(embedder: Embedder, images: DrillImages, times: number, { onProgress, signal }: DrillOptions) {
  const total = images.pixels.rows * times;
  let done = 0;
  return (change: Change): Promise<DriftBatch> =>
    embedRows(embedder, images, change, (rows) => {
      done += rows;
      onProgress?.(done, total);
      signal?.throwIfAborted();
    });
}

function drillRow(name: GradedCorruptionName, levels: readonly Level[], images: DrillImages, seen: Seen[]): DrillRow {
  const { summary, unit }: GradedCorruption = gradedCorruptions[name];
  const { height, width } = images.pixels;
  const alarms = seen[0]!.alarms.map(({ method }, m) => ({ method, shares: seen.map((at) => at.alarms[m]!.shares) }));
  return {
    corruption: name,
    summary,
    strengths: levels.map((level) => atLevel(name, level, Math.min(height, width))),
    unit,
    accuracy: seen.map((at) => at.accuracy),
    alarms,
    seenFrom: alarms.map(({ method, shares }) => {
      const sizes = shares[0]!.map((_, size) => shares.map((level) => level[size] ?? null));
      return { method, levels: sizes.map((ofSize) => seenFrom(ofSize, levels)) };
    }),
  };
}

/** The lowest detected level; null for none. @param shares of alarming windows by level; null if none was judged */
export function seenFrom(shares: readonly (number | null)[], levels: readonly number[]): number | null {
  return levels[shares.findIndex((share) => share !== null && share >= SEEN_SHARE)] ?? null;
}

function accuracy({ scores, targets }: DriftBatch, classes: readonly string[]): number | null {
  const labelled = (targets ?? []).flatMap((target, row) => (target === null || !scores ? [] : [{ target, row }]));
  const correct = labelled.filter(({ target, row }) => classes[predictedOf(scores!, row)] === target).length;
  return accuracyOf({ labelled: labelled.length, correct });
}

function ascending<T extends number>(values: readonly T[]): T[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function windowPlan(options: Settled<typeof drillFields>): WindowPlan {
  const { windowSizes, repeats, alpha, seed } = options;
  if (windowSizes.length === 0 || windowSizes.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw new DrillError('DRILL_OPTION', `window sizes ${windowSizes.join(', ')}: whole numbers from 1 are needed`);
  }
  if (repeats > MAX_REPEATS) {
    throw new DrillError('DRILL_OPTION', `${repeats} windows a size: 1 to ${MAX_REPEATS} are possible`);
  }
  if (!isAlpha(alpha)) throw new DrillError('DRILL_OPTION', `alpha ${alpha}: ${ALPHA_RANGE} is possible`);
  return { sizes: ascending(windowSizes), repeats, alpha, seed };
}

function checkProfile(profile: Profile, embedder: Embedder, { embeddings }: DriftBatch, where: string): void {
  const { config, taps, weightsSha256 } = embedder;
  const source = { dimensions: embeddings.columns, tap: taps[0]?.name ?? null, classes: config.classes, weightsSha256 };
  checkComparable(profile, source, where);
}

function tooFewImages({ pixels, where }: DrillImages, sizes: readonly number[]): DrillError {
  const message = `${where}: ${pixels.rows} images, the smallest window has ${Math.min(...sizes)} rows`;
  return new DrillError('DRILL_TOO_FEW_IMAGES', message, { hint: 'Ask for smaller windows with --sizes.' });
}
