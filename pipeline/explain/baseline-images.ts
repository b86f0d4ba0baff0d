/** The labelled images of the baseline, in memory and as large as they are in their source. */
import { createHash } from 'node:crypto';
import type { Image } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { shown } from '../../errors/index.js';
import { type SampleOptions, sampledImages } from '../sampled/index.js';
import { ExplainError } from './explain-error.js';

/** Bytes of all images together: 2,500 of 224 × 224 fit, of larger ones fewer are taken. */
const MAX_BYTES = 2 ** 29;
/** Fewer images say little about the accuracy, and nothing about equivalence. */
export const LEAST_ROWS = 200;

export interface BaselineImages {
  images: readonly Image[];
  /** Class names. */
  targets: readonly string[];
  where: string;
  /** The hash of all pixels and labels. */
  sha256: string;
}

/** @throws ExplainError `EXPLAIN_NO_LABELS`, `EXPLAIN_TOO_FEW_IMAGES`, `EXPLAIN_MODEL`; DataError, FileError */
export async function baselineImages(
  embedder: Embedder,
  inputs: readonly string[],
  options: SampleOptions,
): Promise<BaselineImages> {
  checkModel(embedder);
  const { images, targets, where } = await asManyAsFit(embedder, inputs, options);
  const labelled = images.flatMap((image, i) => {
    const target = targets?.[i] ?? null;
    return target === null ? [] : [{ image, target }];
  });
  if (labelled.length === 0) {
    throw new ExplainError('EXPLAIN_NO_LABELS', `${shown(where)}: ${images.length} images and no label of any`, {
      hint: 'The accuracy is read off the labels of the baseline: name them with --labels.',
    });
  }
  if (labelled.length < LEAST_ROWS) {
    const message = `${shown(where)}: ${labelled.length} labelled images, at least ${LEAST_ROWS} are needed`;
    throw new ExplainError('EXPLAIN_TOO_FEW_IMAGES', message);
  }
  const hash = createHash('sha256');
  for (const { image, target } of labelled) {
    hash.update(`${image.height} ${image.width} ${JSON.stringify(target)}\n`).update(image.data);
  }
  return {
    images: labelled.map(({ image }) => image),
    targets: labelled.map(({ target }) => target),
    where,
    sha256: hash.digest('hex'),
  };
}

async function asManyAsFit(embedder: Embedder, inputs: readonly string[], options: SampleOptions) {
  for (let limit = options.limit; ; ) {
    try {
      return await sampledImages(
        embedder,
        inputs,
        { ...options, limit },
        {
          image: (image) => image,
          check(rows, { height, width }) {
            const fit = Math.floor(MAX_BYTES / (3 * height * width));
            if (rows > fit) throw new DoNotFit(fit);
          },
        },
      );
    } catch (error) {
      if (!(error instanceof DoNotFit) || error.fit === 0) throw error;
      limit = error.fit;
      options.onNotice?.(`${limit.toLocaleString('en')} images of the baseline are used: more do not fit in memory.`);
    }
  }
}

/** So many images of this size fit in memory. */
class DoNotFit extends Error {
  constructor(readonly fit: number) {
    super(`${fit} images fit`);
  }
}

/** Causes are of pictures, and the accuracy is of classes. */
function checkModel({ config: { classes, preprocessing } }: Embedder): void {
  if (preprocessing.mean.length > 3) {
    throw new ExplainError('EXPLAIN_MODEL', `the model takes ${preprocessing.mean.length} channels, causes are of RGB`);
  }
  if (classes.length === 0) {
    throw new ExplainError('EXPLAIN_MODEL', 'the model has no head: an accuracy is of class scores', {
      hint: 'Convert the checkpoint with its head.',
    });
  }
}
