/** The labelled images of the baseline, as large as they are in their source. */
import { createHash } from 'node:crypto';
import { shown } from '../../base/index.js';
import type { Image } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { UnnamedFile } from '../../files/index.js';
import { refuseModel, type Sampled, type SampleOptions, sampledImages } from '../sampled/sampled-images.js';
import { ExplainError } from './explain-error.js';

/** Bytes of all images together: 2,500 of 224 × 224 fit, of larger ones fewer are taken. */
const MAX_BYTES = 2 ** 29;
/** Fewer images say little about the accuracy, and nothing about equivalence. */
export const LEAST_ROWS = 200;

export interface BaselineImages {
  images: HeldImages;
  targets: readonly string[];
  where: string;
  sha256: string;
}

/** @throws ExplainError `EXPLAIN_NO_LABELS`, `EXPLAIN_TOO_FEW_IMAGES`, `EXPLAIN_MODEL`; DataError, FileError */
export async function baselineImages(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  onImage: (read: number) => void = () => {},
  mostBytes = MAX_BYTES,
): Promise<BaselineImages> {
  const refusal = (message: string, hint?: string) => new ExplainError('EXPLAIN_MODEL', message, { hint });
  refuseModel(embedder, refusal, ['causes', 'an accuracy is of class scores']);
  const { held, targets, where } = await asManyAsFit(embedder, inputs, options, onImage, mostBytes);
  try {
    const rows = labelledRows(held, targets, where);
    const images = { length: rows.length, at: (index: number) => held.at(rows[index]!), close: () => held.close() };
    const names = rows.map((row) => targets![row]!);
    return { images, targets: names, where, sha256: await hashOf(images, names) };
  } catch (error) {
    await held.close();
    throw error;
  }
}

function labelledRows({ length }: HeldImages, targets: Sampled<unknown>['targets'], where: string): number[] {
  const rows = Array.from({ length }, (_, row) => row).filter((row) => (targets?.[row] ?? null) !== null);
  if (rows.length === 0) {
    const hint =
      'The accuracy is read off the labels of the baseline. Put image files into folders named like their classes (cat/001.jpg), ' +
      'or name the column or array of labels with --labels.';
    throw new ExplainError('EXPLAIN_NO_LABELS', `${shown(where)}: ${length} images and no label of any`, { hint });
  }
  if (rows.length < LEAST_ROWS) {
    const message = `${shown(where)}: ${rows.length} labelled images, at least ${LEAST_ROWS} are needed`;
    throw new ExplainError('EXPLAIN_TOO_FEW_IMAGES', message);
  }
  return rows;
}

async function hashOf(images: HeldImages, targets: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const [row, target] of targets.entries()) {
    const { height, width, data } = await images.at(row);
    hash.update(`${height} ${width} ${JSON.stringify(target)}\n`).update(data);
  }
  return hash.digest('hex');
}

async function asManyAsFit(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
  onImage: (read: number) => void,
  mostBytes: number,
) {
  for (let limit = options.limit; ; ) {
    const holder = new ImageHolder();
    let read = 0;
    try {
      const { targets, where } = await sampledImages(
        embedder,
        inputs,
        { ...options, limit },
        {
          async image(image) {
            await holder.add(image);
            onImage(++read);
            return { height: image.height, width: image.width };
          },
          check(rows, { height, width }) {
            const fit = Math.floor(mostBytes / (3 * height * width));
            if (rows > fit) throw new DoNotFit(fit);
          },
        },
      );
      const fewer = `${limit.toLocaleString('en')} images of the baseline are used: more would be over 512 MB.`;
      if (limit < options.limit) options.onNotice?.(fewer);
      return { held: await holder.finish(), targets, where };
    } catch (error) {
      await holder.discard();
      if (!(error instanceof DoNotFit) || error.fit === 0) throw error;
      // Where images differ in size, fewer may fit than the first ones said.
      limit = error.fit;
    }
  }
}

/** So many images of this size are not too large together. */
class DoNotFit extends Error {
  constructor(readonly fit: number) {
    super(`${fit} images fit`);
  }
}

/** Bytes of all images together that are kept in memory. */
const IN_MEMORY = 2 ** 25;

interface HeldImages {
  readonly length: number;
  at(index: number): Promise<Image>;
  close(): Promise<void>;
}

export class ImageHolder {
  #images: Image[] = [];
  /** Where each image lies in the file. */
  readonly #places: { height: number; width: number; start: number }[] = [];
  #bytes = 0;
  #file: UnnamedFile | null = null;

  constructor(readonly most = IN_MEMORY) {}

  async add(image: Image): Promise<void> {
    const { height, width, data } = image;
    this.#places.push({ height, width, start: this.#bytes });
    this.#bytes += data.length;
    if (this.#file === null && this.#bytes <= this.most) {
      this.#images.push(image);
      return;
    }
    if (this.#file === null) {
      this.#file = await UnnamedFile.create('images of the baseline');
      for (const held of this.#images) await this.#file.add(held.data);
      this.#images = [];
    }
    await this.#file.add(data);
  }

  async discard(): Promise<void> {
    await this.#file?.discard();
  }

  /** No more are added. @throws FileError */
  async finish(): Promise<HeldImages> {
    const [images, places, file] = [this.#images, this.#places, await this.#file?.finish(null)];
    return {
      length: places.length,
      async at(index) {
        if (file === undefined) return images[index]!;
        const { height, width, start } = places[index]!;
        return { height, width, data: await file.read(start, 3 * height * width) };
      },
      close: async () => file?.close(),
    };
  }
}
