/** The first rows of an uploaded file, column by column. */
import { openTable, type TableFormat } from 'image-drift/data';
import { badRequest } from '../http/api-failure.js';

/** @throws ApiFailure 400 for a file without rows; DataError where it is damaged */
export async function readSample(path: string, format: TableFormat, most: number): Promise<Map<string, unknown[]>> {
  const table = await openTable(path, format);
  try {
    const sample = new Map<string, unknown[]>(table.columns.map((name) => [name, []]));
    let read = 0;
    for await (const { rows, columns } of table.batches()) {
      const wanted = Math.min(rows, most - read);
      for (const [name, values] of columns) sample.get(name)?.push(...values.slice(0, wanted));
      read += wanted;
      if (read === most) break;
    }
    if (read === 0) throw badRequest('The file has no rows');
    return sample;
  } finally {
    await table.close();
  }
}
