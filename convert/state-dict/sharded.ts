/** The index of a model that is kept in several files, as transformers writes it: `weight_map`, from tensor to file. */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { checkWithinFolder, readSmallFile } from '../../files/index.js';
import { ConvertError } from '../convert-error.js';

const INDEX = '.index.json';
/** 10,000 tensors with long names. */
const MAX_INDEX_BYTES = 16 * 2 ** 20;
/** A file beside the index. */
const shard = z.string().regex(/^[^/\\:]+$/, 'must be the name of a file beside the index');
const indexSchema = z.object({ weight_map: z.record(z.string(), shard) });

export function isShardIndex(path: string): boolean {
  return path.endsWith(INDEX);
}

/**
 * @returns paths of the files that hold the tensors, sorted
 * @throws ConvertError `SHARD_INDEX_INVALID`; FileError
 */
export async function shardsOf(path: string): Promise<string[]> {
  const names = await shardNames(path);
  const folder = dirname(path);
  const paths = names.map((name) => join(folder, name));
  for (const each of paths) await checkWithinFolder(folder, each);
  return paths;
}

async function shardNames(path: string): Promise<string[]> {
  const bytes = await readSmallFile(path, MAX_INDEX_BYTES, 'an index');
  try {
    const { weight_map: map } = indexSchema.parse(JSON.parse(bytes.toString('utf8')));
    const names = [...new Set(Object.values(map))].sort();
    if (names.length > 0) return names;
  } catch (error) {
    throw new ConvertError('SHARD_INDEX_INVALID', `${basename(path)}: is not an index of tensors`, { cause: error });
  }
  throw new ConvertError('SHARD_INDEX_INVALID', `${basename(path)}: names no files`);
}
