/** Columns of an event file that become no column of a model: a person is told, as Fiddler would drop them in silence. */
import { type EventSource, openTable, statisticColumn, TIMESTAMP } from '../../data/index.js';
import { modelColumnNames } from './spec.js';

/** In the order of the file. Of jsonl and npz, which have no header, nothing is known. */
export async function leftOutColumns({ path, schema }: EventSource): Promise<string[]> {
  const format = /\.csv$/i.test(path) ? 'csv' : /\.(parquet|pq)$/i.test(path) ? 'parquet' : null;
  if (format === null) return [];
  const known = new Set([...modelColumnNames(schema), TIMESTAMP, ...schema.statistics.map(statisticColumn)]);
  const table = await openTable(path, format);
  try {
    return table.columns.filter((name) => !known.has(name));
  } finally {
    await table.close();
  }
}
