/**
 * Converted models in the cache folder, by file content, converter version and the name stored in the weights. A folder
 * is there whole or not at all, and may be deleted.
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { ConvertError, checkpointFiles, convertCheckpoint } from '../../convert/index.js';
import { openOnnxFile } from '../../engine/index.js';
import { blobOf } from '../../files/download/hub/index.js';
import { downloadFolder } from '../../files/download/index.js';
import { FileError, fileError, isThere, makePrivateFolder, sha256OfFile } from '../../files/system/index.js';
import { packageVersion } from '../../weights/index.js';
import type { GivenModel } from './given-model.js';

export interface ConvertOnceOptions {
  onConvert?: ((model: GivenModel) => void) | undefined;
  cache?: string | undefined;
}

/**
 * @param text the model as the user named it, for messages @returns the weights folder
 * @throws ConvertError, WeightsError, FileError; DownloadError `CACHE_FOLDER_MISSING`
 */
export async function convertOnce(
  model: GivenModel,
  text: string,
  { onConvert, cache = join(downloadFolder(), 'converted') }: ConvertOnceOptions,
): Promise<string> {
  const folder = join(cache, await keyOf(model));
  if (await isThere(join(folder, 'model.json'))) return folder;
  onConvert?.(model);
  const { path, describedIn, source } = model;
  await makePrivateFolder(cache).catch((error: unknown) => {
    throw fileError(cache, error);
  });
  try {
    await convertCheckpoint(path, folder, { describedIn, source, openOnnx: openOnnxFile });
  } catch (error) {
    // Another process was faster.
    if (error instanceof FileError && (await isThere(join(folder, 'model.json')))) return folder;
    throw withCommand(error, text);
  }
  return folder;
}

async function keyOf({ path, describedIn, source }: GivenModel): Promise<string> {
  const hash = createHash('sha256').update(`${packageVersion}\0${source ?? basename(path)}\0`);
  for (const file of await checkpointFiles(path, describedIn)) {
    // The cache of the Hub names contents by their hash, so that a large file need not be read to know it.
    hash.update(`${basename(file)}\0${(await blobOf(file)) ?? (await sha256OfFile(file))}\0`);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Where a conversion needs to be told more, `convert` has the flags for it. */
function withCommand(error: unknown, text: string): unknown {
  if (!(error instanceof ConvertError)) return error;
  const command = `image-drift convert ${text} --out FOLDER, then --weights FOLDER`;
  const hint = error.hint === null ? `With flags: ${command}.` : `${error.hint} Flags are those of ${command}.`;
  return new ConvertError(error.code, error.message, { hint, cause: error });
}
