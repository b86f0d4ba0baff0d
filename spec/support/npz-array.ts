/** Reads one whole array of an npz, for specs. */
import { NpzFile } from '../../data/index.js';

export interface WholeArray {
  shape: readonly number[];
  values: ArrayLike<number>;
}

export async function readWholeArray(path: string, name: string): Promise<WholeArray> {
  const file = await NpzFile.open(path);
  try {
    const array = await file.array(name);
    const { shape } = array.header;
    for await (const { values } of array.rows(shape[0]!)) return { shape, values: values as ArrayLike<number> };
    throw new Error(`${path} ${name}: no rows`);
  } finally {
    await file.close();
  }
}
