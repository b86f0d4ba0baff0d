/** All that is known of the baseline before a window is looked at. */
import { shown } from '../../base/index.js';
import { applyCauses, type CauseSetting, type Image, prepareBatch, withChannels } from '../../data/index.js';
import {
  checkComparable,
  confidenceOf,
  DriftError,
  fitPca,
  ImageFeatures,
  type JudgedRows,
  type MethodContext,
  methodsByName,
  type Profile,
  type Projection,
  predictedOf,
  project,
  WindowCounter,
} from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { fairBatchSize } from '../embed/index.js';
import type { ExplainStep } from '../options/index.js';
import { type EmbeddedAll, embedAll } from '../sampled/sampled-images.js';
import type { BaselineImages } from './baseline-images.js';
import { ExplainError } from './explain-error.js';
import type { Kept } from './kept.js';
import {
  FINE_LOOKS,
  LibraryLook,
  type LookedCause,
  ROUGH_IMAGES,
  SETTLING_IMAGES,
  SHARING_IMAGES,
  someImages,
} from './library-look.js';
import { CAUSE_SEED, type LookThreads, packed, STATISTIC_COLUMNS, TABLE_COLUMNS } from './look-threads.js';
import { PAIR_IMAGES } from './propose.js';

export interface KnownBaseline {
  images: BaselineImages;
  projection: Projection;
  clean: JudgedRows;
  features: ImageFeatures;
  /** `[features]` of all images. */
  looks: Float64Array;
  look: LibraryLook;
  /** Looks at fewer images, and at more. */
  few: LibraryLook;
  fine: LibraryLook;
  /** Looks at as many as tell the share of the images that have a cause; not kept, since they may be large. */
  sharing(): Promise<LibraryLook>;
  library: readonly LookedCause[];
  remade(causes: readonly CauseSetting[]): Promise<JudgedRows>;
  onStep: OnStep;
}

type OnStep = (step: ExplainStep, done: number, total: number | null) => void;

/** @throws ExplainError `EXPLAIN_OTHER_IMAGES`; DriftError `PROFILE_OTHER_…` */
export async function knowBaseline(
  embedder: Embedder,
  images: BaselineImages,
  profile: Profile,
  { kept, threads, looks, onStep }: { kept: Kept; threads: LookThreads; looks: number; onStep: OnStep },
): Promise<KnownBaseline> {
  checkModel(profile, embedder, images.where);
  const total = images.images.length;
  const embed = (causes: readonly CauseSetting[], step: ExplainStep) =>
    keptRemade(embedder, images, causes, kept, (done) => onStep(step, done, total));
  const clean = await embed([], 'baseline');
  onStep('measure', 0, total);
  checkImages(profile, clean, images);
  const projection = fitPca(clean.embeddings);
  const rowsOf = (remade: EmbeddedAll): JudgedRows => {
    const { scores } = remade;
    const predicted = images.targets.map((_, row) => embedder.config.classes[predictedOf(scores, row)]!);
    const confidence = predicted.map((_, row) => confidenceOf(scores, row));
    const correct = predicted.map((name, row) => name === images.targets[row]);
    return { coordinates: project(projection, remade.embeddings), predicted, confidence, correct };
  };
  const table = await tableOf(images, threads, (done) => onStep('measure', done, total));
  const features = new ImageFeatures(table, STATISTIC_COLUMNS);
  const looking = { threads, features };
  let fitted = 0;
  const lookAt = async (most: number, least?: number) =>
    LibraryLook.at(await someImages(images, most, least), { ...looking, onLook: () => onStep('fit', ++fitted, null) });
  const rough = await LibraryLook.at(await someImages(images, looks, ROUGH_IMAGES), looking);
  return {
    images,
    projection,
    clean: rowsOf(clean),
    features,
    looks: features.of(table),
    look: await lookAt(looks),
    few: await lookAt(Math.min(looks, PAIR_IMAGES), ROUGH_IMAGES),
    fine: await lookAt(Math.max(looks, FINE_LOOKS), SETTLING_IMAGES),
    sharing: () => lookAt(FINE_LOOKS, SHARING_IMAGES),
    library: await rough.all(images, kept, (done, all) => onStep('look', done, all)),
    remade: async (causes) => rowsOf(await embed(causes, 'remake')),
    onStep,
  };
}

const MEASURED_AT_ONCE = 64;

async function tableOf({ images }: BaselineImages, threads: LookThreads, onProgress: (done: number) => void) {
  const data = new Float64Array(images.length * TABLE_COLUMNS);
  for (let first = 0; first < images.length; first += MEASURED_AT_ONCE) {
    const count = Math.min(MEASURED_AT_ONCE, images.length - first);
    const some: Image[] = [];
    for (let i = 0; i < count; i++) some.push(await images.at(first + i));
    data.set((await threads.table(packed(some), [])).data, first * TABLE_COLUMNS);
    onProgress(first + count);
  }
  return { rows: images.length, columns: TABLE_COLUMNS, data };
}

async function keptRemade(
  embedder: Embedder,
  images: BaselineImages,
  causes: readonly CauseSetting[],
  kept: Kept,
  onProgress: (done: number) => void,
): Promise<EmbeddedAll> {
  const rows = images.images.length;
  const key = ['remade', images.sha256, embedder.weightsSha256, embedder.computation, causes];
  const { embeddings, scores } = await kept.get(key, async () => {
    const made = await remake(embedder, images, causes, onProgress);
    return { embeddings: Float32Array.from(made.embeddings.data), scores: Float32Array.from(made.scores.data) };
  });
  return {
    embeddings: { rows, columns: embeddings!.length / rows, data: embeddings! },
    scores: { rows, columns: scores!.length / rows, data: scores! },
  };
}

/** p below which images are not those of the profile: no draw of the same images reaches it. */
const OTHER = 0.001;

/** @throws DriftError `PROFILE_OTHER_…`, `PROFILE_NOT_CALIBRATED` */
function checkModel(profile: Profile, { config, taps, weightsSha256 }: Embedder, where: string): void {
  const tap = taps[0]?.name ?? null;
  const { dimensions } = profile;
  checkComparable(profile, { dimensions, tap, classes: config.classes, weightsSha256 }, where);
  if (profile.reference !== null) return;
  throw new DriftError('PROFILE_NOT_CALIBRATED', 'the profile has no held-out rows, so no window can be judged', {
    hint: 'Make it again with image-drift baseline, of at least 40 rows.',
  });
}

/** The images must be like those that the profile was made of: otherwise their accuracy is of something else. */
function checkImages(profile: Profile, clean: EmbeddedAll, { where, targets }: BaselineImages): void {
  const counter = new WindowCounter(profile, { what: where, sampleRows: 0 });
  counter.add({ embeddings: clean.embeddings, scores: clean.scores, targets });
  const draws = Math.ceil(2 / OTHER);
  const context: MethodContext = { base: 'e', alpha: OTHER, tests: 1, detect: 0.1, seed: 0, draws, maxDraws: draws };
  const p = methodsByName(['js'])[0]!.compare(profile, counter.summary(), context)?.p ?? null;
  if (p === null || p > OTHER) return;
  const message = `${shown(where)}: these images differ from those that the profile was made of (p = ${p.toFixed(4)}, js)`;
  const hint = 'Give the images of the baseline, or make the profile of the images that you give.';
  throw new ExplainError('EXPLAIN_OTHER_IMAGES', message, { hint });
}

export function remake(
  embedder: Embedder,
  baseline: BaselineImages,
  causes: readonly CauseSetting[],
  onProgress: (done: number) => void,
): Promise<EmbeddedAll> {
  return embedAll(embedder, batches(embedder, baseline, causes), baseline.images.length, (_, done) => onProgress(done));
}

async function* batches(embedder: Embedder, { images, where }: BaselineImages, causes: readonly CauseSetting[]) {
  const { preprocessing } = embedder.config;
  const ready = async (row: number) => {
    const changed = applyCauses(await images.at(row), causes, CAUSE_SEED, row);
    return prepareBatch({ rows: 1, ...changed }, preprocessing, where);
  };
  const { height, width } = await ready(0);
  const size = fairBatchSize(embedder, images.length, height, width);
  for (let first = 0; first < images.length; first += size) {
    const rows = Math.min(size, images.length - first);
    const data = new Uint8Array(rows * height * width * 3);
    for (let i = 0; i < rows; i++) {
      const image = await ready(first + i);
      if (image.height !== height || image.width !== width) {
        const sizes = `${height} × ${width} and ${image.height} × ${image.width}`;
        const hint = 'Convert the model with --resize and --crop.';
        throw new ExplainError('EXPLAIN_SIZES', `${where}: images of ${sizes} pixels, one size is needed`, { hint });
      }
      data.set(image.data, i * height * width * 3);
    }
    yield withChannels({ rows, height, width, data }, preprocessing.mean.length, where);
  }
}
