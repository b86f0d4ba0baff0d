/** The half of the quickstart that needs no server: the checkpoint converted, four sets embedded, three of them compared. */
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import type { Embedder } from '../../engine/index.js';
import { type ComparedSets, compareSets } from '../compare/compare-sets.js';
import { RememberedSteps } from '../compare/steps.js';
import { QUICKSTART_IMAGE_URL, QUICKSTART_SETS, type QuickstartFiles } from './files.js';

/** The notebook's classes, in the order of the network's outputs. */
export const QUICKSTART_CLASSES = [
  'plane',
  'car',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

export interface LocalHalfOptions {
  seed: number;
  /** Default 5. */
  clusters?: number | undefined;
  onProgress?: ((set: string, done: number, total: number) => void) | undefined;
  /** The network of this weights folder; not asked for where nothing is left to embed. It is closed here. */
  loadEmbedder: (weights: string) => Promise<Embedder>;
}

export interface LocalHalf extends ComparedSets {
  weightsSha256: string;
  steps: RememberedSteps;
}

/**
 * @param folder is made where it is missing; what is in it already, made from the same, is not made again
 * @throws ConvertError, DataError, EngineError, FileError
 */
export async function runLocalHalf(
  files: QuickstartFiles,
  folder: string,
  options: LocalHalfOptions,
): Promise<LocalHalf> {
  const steps = await RememberedSteps.open(folder);
  const weights = join(folder, 'weights');
  const weightsSha256 = await steps.step('convert', { checkpoint: files.checkpoint.sha256 }, [weights], async () => {
    return (await convertCheckpoint(files.checkpoint.path, weights, CONVERT_OPTIONS)).sha256;
  });
  let embedder: Embedder | null = null;
  const load = async () => {
    embedder ??= await options.loadEmbedder(weights);
    return embedder;
  };
  const sets = QUICKSTART_SETS.map(({ name }, i) => {
    const { path, sha256 } = files.sets[i]!;
    return { name, images: path, sha256, imageUrl: QUICKSTART_IMAGE_URL };
  });
  try {
    const compared = await compareSets(load, sets, folder, { ...options, weightsSha256, step: steps.step });
    return { ...compared, weightsSha256, steps };
  } finally {
    await (embedder as Embedder | null)?.close();
  }
}

/** What the notebook does to an image: 32 × 32 as it is, `(pixel / 255 - 0.5) / 0.5`. */
const CONVERT_OPTIONS = {
  classes: QUICKSTART_CLASSES,
  tap: 'fc.0',
  size: [32, 32] as [number, number],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  overwrite: true,
} satisfies ConvertOptions;
