/**
 * The local half of the quickstart, which needs no server: converts the checkpoint, embeds four sets and compares three
 * of them.
 */
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import type { Embedder } from '../../engine/index.js';
import { type CompareComputations, type ComparedSets, compareSets } from '../compare/compare-sets.js';
import { RememberedSteps } from '../compare/steps.js';
import { QUICKSTART_IMAGE_URL, QUICKSTART_SETS, type QuickstartFiles } from './files.js';

/** The notebook's classes, in the order of the network's outputs. */
const QUICKSTART_CLASSES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

export interface LocalHalfOptions {
  seed: number;
  /** Default 5. */
  clusters?: number | undefined;
  /** Does the long computations; default: here. */
  computations?: CompareComputations | undefined;
  onProgress?: ((set: string, done: number, total: number) => void) | undefined;
  /** Loads the network of a weights folder. It is called if something is left to embed; the network is closed here. */
  loadEmbedder: (weights: string) => Promise<Embedder>;
}

export interface LocalHalf extends ComparedSets {
  weightsSha256: string;
  steps: RememberedSteps;
}

/**
 * @param folder made if it is missing; results in it that were made from the same inputs are kept
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

/** The notebook's preprocessing: images of 32 × 32 unchanged, `(pixel / 255 - 0.5) / 0.5`. */
const CONVERT_OPTIONS = {
  classes: QUICKSTART_CLASSES,
  tap: 'fc.0',
  size: [32, 32] as [number, number],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  overwrite: true,
} satisfies ConvertOptions;
