/** Weights for a command that runs a network. What is not a weights folder is converted once and kept. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHubName } from '../../files/download/hub/index.js';
import { isWeightsFolder, weightsFolder } from '../../weights/index.js';
import { type GivenModel, type GivenModelOptions, givenModel } from './given-model.js';

export interface ReadyWeights {
  folder: string;
  /** The model that it was converted from; null for a weights folder and a bundled model. */
  from: GivenModel | null;
}

export interface ReadyWeightsOptions extends GivenModelOptions {
  /** Called before a conversion. */
  onConvert?: ((model: GivenModel) => void) | undefined;
  /** Where converted models are kept; default: `converted/` in the cache folder. */
  cache?: string | undefined;
}

/**
 * @param text path, name of a bundled model, or `hf:org/name[@revision][/file]` @returns a folder for `Embedder.load`
 * @throws WeightsError `WEIGHTS_NOT_FOUND`; DownloadError, ConvertError, FileError
 */
export async function readyWeights(text: string, options: ReadyWeightsOptions = {}): Promise<ReadyWeights> {
  if (!isHubName(text) && !(await isCheckpoint(text))) return { folder: weightsFolder(text), from: null };
  // Only now: loading the converter takes as long as embedding some images.
  const { convertOnce } = await import('./convert-once.js');
  const model = await givenModel(text, options);
  return { folder: await convertOnce(model, text, options), from: model };
}

/** A file, or a folder of Hugging Face or TensorFlow.js that is not a weights folder, too. */
async function isCheckpoint(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return found?.isFile() ?? false;
  if (await isFile(join(path, 'model.json'))) return isOfTensorFlow(path);
  return isFile(join(path, 'config.json'));
}

/** Both have a `model.json`; that of a weights folder says what it is in its first field. */
async function isOfTensorFlow(path: string): Promise<boolean> {
  if (await isWeightsFolder(path)) return false;
  const { tfjsModelIn } = await import('../../convert/index.js');
  return (await tfjsModelIn(path)) !== null;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}
