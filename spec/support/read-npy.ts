/** All values of a small `.npy` file. */
import { NpzFile } from '../../data/index.js';

export async function readNpy(path: string): Promise<Float64Array> {
  const file = await NpzFile.open(path);
  try {
    const array = await file.array(file.names[0]!);
    const values: number[] = [];
    for await (const { values: part } of array.rows(64)) for (const value of part) values.push(Number(value));
    await array.close();
    return Float64Array.from(values);
  } finally {
    await file.close();
  }
}
