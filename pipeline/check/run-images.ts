/** Runs a converted network on images of a check file, prepared as its weights say or in another way. */
import { prepareBatch, withChannels } from '../../data/index.js';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import type { Preprocessing, Weights } from '../../weights/index.js';
import type { CheckFile, CheckImage, Table } from './check-file.js';

export type Model = Pick<Weights, 'config' | 'tensors' | 'file'>;

/** How pixels get to the network. */
export interface Feeding {
  preprocessing: Preprocessing;
  /** Whether blue comes first. `mean` and `std` are in the order in which the colours are fed. */
  isReversed: boolean;
}

/** Values a layer, or the scores: `[images, values]`, in the order of the images that were asked for. */
export interface Outputs {
  taps: ReadonlyMap<string, Table>;
  /** Shape of one row of each tap. */
  shapes: ReadonlyMap<string, readonly number[]>;
  scores: Table | null;
}

/**
 * One image as it is fed: `[1, height, width, channels]`.
 * @throws DataError `IMAGES_SIZE`, `IMAGES_CHANNELS`, `IMAGES_TOO_LARGE`
 */
export function fed(image: CheckImage, { preprocessing, isReversed }: Feeding, where: string): ImageBatch {
  const batch = withChannels(prepareBatch(inColour(image), preprocessing, where), preprocessing.mean.length, where);
  return isReversed ? { ...batch, data: reversed(batch.data) } : batch;
}

/** RGB, and the fourth channel apart. */
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

/** Blue, green, red. @param pixels of three channels */
function reversed(pixels: Uint8Array): Uint8Array {
  return pixels.map((_, i) => pixels[i - (i % 3) + 2 - (i % 3)]!);
}

/** A converted network that runs on images of a file. It keeps its engine as long as only the pixels change. Close it. */
export class ImageRunner {
  #open: { key: string; embedder: Embedder } | null = null;

  constructor(
    readonly model: Model,
    readonly file: CheckFile,
  ) {}

  /**
   * @param indices which images
   * @param taps layers; none: the embedding that the weights name
   * @param see gets each image before it is prepared
   */
  async run(
    indices: readonly number[],
    feeding: Feeding,
    taps: readonly string[] = [this.model.config.tap],
    see: (image: CheckImage) => void = () => {},
  ): Promise<Outputs> {
    const embedder = await this.#embedder(feeding.preprocessing, taps);
    const shapes = new Map<string, readonly number[]>();
    const rows: Rows[] = [];
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

interface Rows {
  taps: Float32Array[];
  scores: Float32Array | null;
}

async function* batchesOf(
  file: CheckFile,
  indices: readonly number[],
  feeding: Feeding,
  see: (image: CheckImage) => void,
): AsyncGenerator<ImageBatch, void, undefined> {
  for (const index of indices) {
    const image = await file.image(index);
    see(image);
    yield fed(image, feeding, `${file.path}: image_${index}`);
  }
}

function stacked(rows: readonly Float32Array[]): Table {
  const columns = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) data.set(row, i * columns);
  return { rows: rows.length, columns, data };
}
