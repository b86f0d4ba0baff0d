/** Runs a converted network on images of a check file, prepared as its weights say or in another way. */

import { resizeFlags } from '../../convert/index.js';
import { prepareBatch, withChannels } from '../../data/index.js';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { INTERPOLATIONS, type Preprocessing, type Weights } from '../../weights/index.js';
import type { CheckFile, CheckImage, Table } from './check-file.js';

export type Model = Pick<Weights, 'config' | 'tensors' | 'file'>;

export interface Feeding {
  preprocessing: Preprocessing;
  /** Whether blue comes first. `mean` and `std` are in the order in which the colours are fed. */
  isReversed: boolean;
}

/** Values a layer, or the scores: `[images, values]`, in the order of the images that were asked for. */
export interface Outputs {
  taps: ReadonlyMap<string, Table>;
  shapes: ReadonlyMap<string, readonly number[]>;
  scores: Table | null;
}

/** As fed, `[1, height, width, channels]`. @throws DataError `IMAGES_SIZE`, `IMAGES_CHANNELS`, `IMAGES_TOO_LARGE` */
export function fed(image: CheckImage, { preprocessing, isReversed }: Feeding, where: string): ImageBatch {
  const batch = withChannels(prepareBatch(inColour(image), preprocessing, where), preprocessing.mean.length, where);
  const { data } = batch;
  return isReversed ? { ...batch, data: data.map((_, i) => data[i - (i % 3) + 2 - (i % 3)]!) } : batch;
}

function inColour({ height, width, channels, data }: CheckImage) {
  const size = { rows: 1, height, width };
  if (channels === 3) return { ...size, data };
  const colours = new Uint8Array(3 * height * width);
  for (let i = 0; i < colours.length; i++) {
    colours[i] = data[channels === 1 ? Math.floor(i / 3) : 4 * Math.floor(i / 3) + (i % 3)]!;
  }
  if (channels === 1) return { ...size, data: colours };
  return { ...size, data: colours, fourth: Uint8Array.from({ length: height * width }, (_, i) => data[4 * i + 3]!) };
}

/** Runs a converted network on images of a file. Keeps its engine as long as only the pixels change. Close it. */
export class ImageRunner {
  #open: { key: string; embedder: Embedder } | null = null;

  constructor(
    readonly model: Model,
    readonly file: CheckFile,
  ) {}

  async run(
    indices: readonly number[],
    feeding: Feeding,
    taps: readonly string[] = [this.model.config.tap],
    see: (image: CheckImage) => void = () => {},
  ): Promise<Outputs> {
    const embedder = await this.#embedder(feeding.preprocessing, taps);
    const shapes = new Map<string, readonly number[]>();
    const rows: { taps: Float32Array[]; scores: Float32Array | null }[] = [];
    for await (const output of embedder.run(batchesOf(this.file, indices, feeding, see))) {
      for (const [name, { shape }] of output.taps) shapes.set(name, shape.slice(1));
      rows.push({ taps: [...output.taps.values()].map(({ data }) => data), scores: output.scores });
    }
    const joined = taps.map((name, tap): [string, Table] => [name, stacked(rows.map((row) => row.taps[tap]!))]);
    const scores = rows[0]?.scores == null ? null : stacked(rows.map((row) => row.scores!));
    return { taps: new Map(joined), shapes, scores };
  }

  async close(): Promise<void> {
    await this.#open?.embedder.close();
    this.#open = null;
  }

  async #embedder(preprocessing: Preprocessing, taps: readonly string[]): Promise<Embedder> {
    const key = JSON.stringify([preprocessing.mean, preprocessing.std, taps]);
    if (this.#open?.key === key) return this.#open.embedder;
    await this.close();
    const { config, tensors, file } = this.model;
    // The hash only names the model among the engine's measured speeds.
    const weights = { config: { ...config, preprocessing }, tensors, file, sha256: config.provenance.sha256 };
    // Without threads of its own: starting them takes longer than computing some tens of images.
    const embedder = await Embedder.create(weights, { tap: taps, threads: 0 });
    this.#open = { key, embedder };
    return embedder;
  }
}

async function* batchesOf(
  file: CheckFile,
  indices: readonly number[],
  feeding: Feeding,
  see: (image: CheckImage) => void,
): AsyncIterable<ImageBatch> {
  for (const index of indices) {
    const image = await file.image(index);
    see(image);
    yield fed(image, feeding, `${file.path}: image_${index}`);
  }
}

export function stacked(rows: readonly Float32Array[]): Table {
  const columns = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) data.set(row, i * columns);
  return { rows: rows.length, columns, data };
}

/** What `convert` would be told, and what it changes. */
export interface OtherFeeding extends Feeding {
  step: 'resize' | 'channel order' | 'normalisation';
  flags: string;
}

type Size = readonly [number, number];

type Geometry = Pick<Preprocessing, 'resize' | 'mode' | 'crop' | 'border'>;
type Filter = Pick<Preprocessing, 'interpolation' | 'pillow' | 'cropRounding'>;

/** A crop's least share of the shorter side before it. timm's are 0.875 to 1, torchvision's 0.875 to 0.97. */
const LEAST_CROP = 0.8;
const MAX_SIDES = 100;

/** Usual resizes: each filter in stored sizes, other sizes with the stored one. @param size `[height, width]` fed */
export function usualResizes(preprocessing: Preprocessing, size: Size): OtherFeeding[] {
  const own = ownGeometry(preprocessing, size);
  const { interpolation, pillow } = preprocessing;
  // The one that is stored goes first: where no image is resized, all give the same pixels.
  const isOwn = (filter: Filter) => filter.interpolation === (interpolation ?? 'bilinear');
  const filters = [...FILTERS.filter(isOwn), ...FILTERS.filter((filter) => !isOwn(filter))];
  return [
    ...own.flatMap((geometry) => filters.map((filter) => resized(preprocessing, size, geometry, filter))),
    ...usualGeometries(preprocessing, size).map((geometry) => {
      return resized(preprocessing, size, geometry, { interpolation, pillow: pillow ?? 13 });
    }),
  ];
}

/** As `usualResizes`, each size with each filter, and any shorter side before a crop; for inputs, without a network. */
export function otherResizes(preprocessing: Preprocessing, size: Size): OtherFeeding[] {
  const geometries = [...ownGeometry(preprocessing, size), ...usualGeometries(preprocessing, size)];
  const side = Math.min(...size);
  const length = Math.min(MAX_SIDES, Math.ceil(side / LEAST_CROP) - side);
  const margins = Array.from({ length }, (_, i): Geometry => ({ resize: side + i + 1, crop: [...size] }));
  const filters: Filter[] = [{ pillow: 13 }, { interpolation: 'bicubic', pillow: 13 }];
  return [
    ...usualResizes(preprocessing, size),
    ...geometries.flatMap((geometry) => FILTERS.map((filter) => resized(preprocessing, size, geometry, filter))),
    ...margins.flatMap((geometry) => filters.map((filter) => resized(preprocessing, size, geometry, filter))),
  ];
}

function ownGeometry({ resize, mode, crop, border, size: own }: Preprocessing, size: Size): Geometry[] {
  return resize !== null && (crop ?? own)?.join() === size.join() ? [{ resize, mode, crop, border }] : [];
}

function usualGeometries({ border }: Preprocessing, [height, width]: Size): Geometry[] {
  const size: [number, number] = [height, width];
  const side = Math.min(height, width);
  return [
    { resize: size, crop: null },
    { resize: side, crop: size },
    { resize: Math.floor(side / 0.875), crop: size },
    { resize: size, mode: 'longest', crop: size, border },
    { resize: null, crop: size },
  ];
}

const FILTERS: readonly Filter[] = INTERPOLATIONS.flatMap((interpolation): Filter[] => {
  const pillows = interpolation === 'nearest' ? [undefined] : ([13, 12] as const);
  const roundings = ['even', 'down'] as const;
  return pillows.flatMap((pillow) => roundings.map((cropRounding) => ({ interpolation, pillow, cropRounding })));
});

function resized(
  { mean, std, orientation }: Preprocessing,
  [height, width]: Size,
  geometry: Geometry,
  filter: Filter,
): OtherFeeding {
  const preprocessing: Preprocessing = { size: [height, width], mean, std, orientation, ...geometry, ...filter };
  return { step: 'resize', preprocessing, isReversed: false, flags: resizeFlags(preprocessing) };
}

/** Means and deviations that libraries use, in units of pixel/255. */
const NORMALISATIONS: readonly Pick<Preprocessing, 'mean' | 'std'>[] = [
  { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  { mean: [0, 0, 0], std: [1, 1, 1] },
  { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
  { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  { mean: [0.485, 0.458, 0.408], std: [1 / 255, 1 / 255, 1 / 255] },
];

/** The order of colours and the normalisations of libraries, each and together. Of networks of three channels. */
export function otherColours(preprocessing: Preprocessing): OtherFeeding[] {
  if (preprocessing.mean.length !== 3) return [];
  const { mean, std } = preprocessing;
  return [{ mean, std }, ...NORMALISATIONS].flatMap((values) =>
    [false, true].map((isReversed): OtherFeeding => {
      const flags = [normalisationFlags(values), ...(isReversed ? ['--channel-order bgr'] : [])].join(' ');
      const step = isReversed ? 'channel order' : 'normalisation';
      const inOrder = isReversed ? { mean: values.mean.toReversed(), std: values.std.toReversed() } : values;
      return { step, flags, isReversed, preprocessing: { ...preprocessing, ...inOrder } };
    }),
  );
}

export function normalisationFlags({ mean, std }: { mean: readonly number[]; std: readonly number[] }): string {
  return `--mean ${list(mean)} --std ${list(std)}`;
}

function list(values: readonly number[]): string {
  // The program's numbers come out of float32: a mean of 0 as some 1e-9.
  const rounded = values.map((value) => String(Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(6))));
  return new Set(rounded).size === 1 ? rounded[0]! : rounded.join(',');
}
