/** A parquet file as a table: flat columns and lists, page by page. Structs, maps and lists of lists are refused. */

import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { FlatColumn, listLevel, onlyLeaf } from '../parquet/columns.js';
import { type ParquetFooter, readParquetFooter } from '../parquet/footer.js';
import type { SchemaTree } from '../parquet/hyparquet.js';
import { ListColumn } from '../parquet/lists.js';
import { ParquetColumn } from '../parquet/pages.js';
import { type PageSource, ReadAhead } from '../parquet/read-ahead.js';
import { checkColumnsOnce, MAX_COLUMNS, tooManyColumns } from '../rows/row-table.js';
import type { Table, TableBatch } from './table.js';

const DEFAULT_BATCH_ROWS = 2_000;

interface Column {
  take(count: number): Promise<readonly unknown[]>;
}

export async function openParquetTable(file: RandomAccess): Promise<Table> {
  const footer = await readParquetFooter(file);
  const columns = footer.root.children.map(({ element }) => element.name);
  if (columns.length > MAX_COLUMNS) throw tooManyColumns(file.path, columns.length);
  checkColumnsOnce(file.path, columns);
  const source = new ReadAhead(file);
  for (const node of footer.root.children) openColumn(source, footer, node);

  async function* batches(rowsEach = DEFAULT_BATCH_ROWS): AsyncGenerator<TableBatch, void, undefined> {
    const readers = footer.root.children.map((node) => openColumn(source, footer, node));
    for (let first = 0; first < footer.rows; first += rowsEach) {
      const rows = Math.min(rowsEach, footer.rows - first);
      const batch = new Map<string, readonly unknown[]>();
      for (const [index, name] of columns.entries()) {
        const values = await (readers[index] as Column).take(rows);
        if (values.length < rows) {
          const found = first + values.length;
          throw new DataError(
            'PARQUET_DAMAGED',
            `${file.path} column ${name}: ${footer.rows} rows promised, ${found} found`,
          );
        }
        batch.set(name, values);
      }
      yield { rows, columns: batch };
    }
  }

  return { path: file.path, columns, batches, close: () => file.close() };
}

function openColumn(file: PageSource, footer: ParquetFooter, node: SchemaTree): Column {
  const path = onlyLeaf(footer.root, node);
  const lists = path?.filter(({ element }) => element.repetition_type === 'REPEATED').length ?? 0;
  if (path === null || lists > 1 || (lists === 0 && path.length > 2)) {
    throw new DataError(
      'EVENTS_COLUMN_TYPE',
      `${file.path} column ${node.element.name}: is nested, single values or lists of them are needed`,
    );
  }
  const column = new ParquetColumn(file, footer.metadata, path);
  return lists === 0 ? new FlatColumn(column) : new ListColumn(column, listLevel(path));
}
