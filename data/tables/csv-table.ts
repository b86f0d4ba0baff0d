/** A csv file as a table: every value is text, nothing between two commas is null. */
import type { RandomAccess } from '../../files/index.js';
import { openCsvRows } from '../rows/csv-rows.js';
import type { Table, TableBatch } from './table.js';

const DEFAULT_BATCH_ROWS = 2_000;

export async function openCsvTable(file: RandomAccess): Promise<Table> {
  const { columns, batches: rowBatches } = await openCsvRows(file);

  async function* batches(rowsEach = DEFAULT_BATCH_ROWS): AsyncGenerator<TableBatch, void, undefined> {
    let gathered: unknown[][] = columns.map(() => []);
    let count = 0;
    const batch = (): TableBatch => ({
      rows: count,
      columns: new Map(columns.map((name, index) => [name, gathered[index] as unknown[]])),
    });
    for await (const rows of rowBatches()) {
      for (const { values } of rows) {
        for (const [index, value] of values.entries()) (gathered[index] as unknown[]).push(value);
        count++;
        if (count < rowsEach) continue;
        yield batch();
        gathered = columns.map(() => []);
        count = 0;
      }
    }
    if (count > 0) yield batch();
  }

  return { path: file.path, columns, batches, close: () => file.close() };
}
