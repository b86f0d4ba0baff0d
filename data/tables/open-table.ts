/**
 * Any parquet or csv file as named columns. Of parquet flat columns and lists, page by page; structs, maps and lists of
 * lists are refused. Of csv every value is text. Events are for `openEvents`, which checks every value.
 */
import { type RandomAccess, RandomAccessFile } from '../../files/index.js';
import { closedOnError, DataError } from '../data-error.js';
import { FlatColumn, ListColumn, listLevel, listsIn, onlyLeaf } from '../parquet/columns.js';
import { type ParquetFooter, readParquetFooter } from '../parquet/footer.js';
import type { SchemaTree } from '../parquet/hyparquet.js';
import { ParquetColumn } from '../parquet/pages.js';
import { type PageSource, ReadAhead } from '../parquet/read-ahead.js';
import { openCsvRows } from '../rows/row-files.js';
import { checkColumnsOnce, MAX_COLUMNS, tooManyColumns } from '../rows/row-table.js';

export interface TableBatch {
  rows: number;
  /** By name, in file order; each has `rows` values. csv knows text alone; parquet has lists as arrays, dates as dates. */
  columns: ReadonlyMap<string, readonly unknown[]>;
  /** Line of each row in its file, from 1; null for parquet. */
  lines: readonly number[] | null;
}

export interface Table {
  readonly path: string;
  /** Names in file order; none twice. */
  readonly columns: readonly string[];
  /** All rows from the first on, at each call. @throws DataError where the file is damaged */
  batches(rowsEach?: number): AsyncGenerator<TableBatch, void, undefined>;
  close(): Promise<void>;
}

export type TableFormat = 'csv' | 'parquet';

/**
 * @throws FileError when the file cannot be read; DataError `PARQUET_FORMAT`, `PARQUET_DAMAGED`, `EVENTS_EMPTY`,
 *   `EVENTS_TOO_MANY_COLUMNS`, `EVENTS_COLUMN_TWICE`, `EVENTS_COLUMN_TYPE`, `CSV_QUOTE`
 */
export async function openTable(path: string, format: TableFormat): Promise<Table> {
  return openTableIn(await RandomAccessFile.open(path), format);
}

/** The same of a file that is open. @param file is closed with the table, or after an error @throws as `openTable` */
export async function openTableIn(file: RandomAccess, format: TableFormat): Promise<Table> {
  return closedOnError(file, () => (format === 'csv' ? openCsvTable : openParquetTable)(file));
}

const DEFAULT_BATCH_ROWS = 2_000;

async function openCsvTable(file: RandomAccess): Promise<Table> {
  const { columns, batches: rowBatches } = await openCsvRows(file);

  async function* batches(rowsEach = DEFAULT_BATCH_ROWS): AsyncGenerator<TableBatch, void, undefined> {
    let gathered: unknown[][] = columns.map(() => []);
    let count = 0;
    let lines: number[] = [];
    const batch = (): TableBatch => ({
      rows: count,
      lines,
      columns: new Map(columns.map((name, index) => [name, gathered[index] as unknown[]])),
    });
    for await (const rows of rowBatches()) {
      for (const { line, values } of rows) {
        for (const [index, value] of values.entries()) (gathered[index] as unknown[]).push(value);
        lines.push(line);
        count++;
        if (count < rowsEach) continue;
        yield batch();
        gathered = columns.map(() => []);
        lines = [];
        count = 0;
      }
    }
    if (count > 0) yield batch();
  }

  return { path: file.path, columns, batches, close: () => file.close() };
}

interface Column {
  take(count: number): Promise<readonly unknown[]>;
}

async function openParquetTable(file: RandomAccess): Promise<Table> {
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
      yield { rows, columns: batch, lines: null };
    }
  }

  return { path: file.path, columns, batches, close: () => file.close() };
}

function openColumn(file: PageSource, footer: ParquetFooter, node: SchemaTree): Column {
  const path = onlyLeaf(footer.root, node);
  const lists = listsIn(path ?? []);
  if (path === null || lists > 1 || (lists === 0 && path.length > 2)) {
    throw new DataError(
      'EVENTS_COLUMN_TYPE',
      `${file.path} column ${node.element.name}: is nested, single values or lists of them are needed`,
    );
  }
  const column = new ParquetColumn(file, footer.metadata, path);
  return lists === 0 ? new FlatColumn(column) : new ListColumn(column, listLevel(path));
}
