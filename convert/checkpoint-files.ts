/** Which files a conversion reads, for a program that asks whether it has been done before. */
import { access, stat } from 'node:fs/promises';
import { descriptionsIn, weightsFileIn } from './hub-folder.js';
import { onnxFiles } from './onnx/file/read-onnx.js';
import { tfjsModelIn } from './onnx-model.js';
import { fileFormat } from './read-model.js';
import { isShardIndex, shardsOf } from './state-dict/read-checkpoint.js';
import { tfjsFiles } from './tfjs-model/read-tfjs.js';

/**
 * @param path a checkpoint, or a folder as Hugging Face keeps models
 * @param describedIn as of `convertCheckpoint`
 * @returns paths of the files on which the result depends; without tensors where a folder has none
 * @throws ConvertError `SHARD_INDEX_INVALID`, `ONNX_…`; FileError
 */
export async function checkpointFiles(path: string, describedIn?: string): Promise<string[]> {
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return tfjsFiles(tfjs);
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  const folder = isFolder ? path : describedIn;
  const weights = isFolder ? await weightsFileIn(path) : path;
  const descriptions = folder === undefined ? [] : await present(descriptionsIn(folder));
  return [...descriptions, ...(weights === null ? [] : await withParts(weights))];
}

async function withParts(path: string): Promise<string[]> {
  if (isShardIndex(path)) return [path, ...(await shardsOf(path))];
  const format = await fileFormat(path);
  if (format === 'onnx') return onnxFiles(path);
  return format === 'tfjs-model' ? tfjsFiles(path) : [path];
}

async function present(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) found.push(path);
  }
  return found;
}
