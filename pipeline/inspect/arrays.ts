/** What is in an npz or npy file. */
import { NpzFile } from '../../data/index.js';

export interface ArraysInspection {
  kind: 'arrays';
  arrays: { name: string; dtype: string; shape: readonly number[]; fortran_order: boolean }[];
}

export async function inspectArrays(path: string): Promise<ArraysInspection> {
  return inspectArraysOf(await NpzFile.open(path));
}

/** Closes the file. */
export async function inspectArraysOf(npz: NpzFile): Promise<ArraysInspection> {
  try {
    const arrays = [];
    for (const name of npz.names) {
      const array = await npz.array(name);
      await array.close();
      const { type, shape, fortranOrder } = array.header;
      arrays.push({ name, dtype: type.descr, shape, fortran_order: fortranOrder });
    }
    return { kind: 'arrays', arrays };
  } finally {
    await npz.close();
  }
}
