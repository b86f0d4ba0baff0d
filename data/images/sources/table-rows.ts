import { extname } from '#platform';
import { nearest, quoted } from '../../../base/index.js';
import type { RandomAccess } from '../../../files/index.js';
import type { CarriedColumn } from '../../carried.js';
import { closedOnError, DataError } from '../../data-error.js';
import { carriedType, FlatColumn, isFlat } from '../../parquet/columns.js';
import { type ParquetFooter, readParquetFooter } from '../../parquet/footer.js';
import { ParquetColumn } from '../../parquet/pages.js';
import { ReadAhead } from '../../parquet/read-ahead.js';
import { openCsvRows, openJsonlRows } from '../../rows/row-files.js';
import type { RowTable } from '../../rows/row-table.js';
import { openAnywhere, pathOf, type RemoteFiles } from './remote.js';

export interface TableRows {
  columns: readonly string[];
  /** Types of the columns; null where the format knows none. */
  types: ReadonlyMap<string, CarriedColumn['type']> | null;
  /** A value for each column, null where there is none. */
  rows: readonly (readonly unknown[])[];
}

const OPENERS: Readonly<Record<string, (file: RandomAccess) => Promise<RowTable>>> = {
  '.csv': openCsvRows,
  '.jsonl': openJsonlRows,
  '.ndjson': openJsonlRows,
};
const PARQUET = '.parquet';
/** Stands for what is not carried along, whatever it is: only that it is there matters. */
const LEFT_OUT = {};

export function isTableName(path: string): boolean {
  const extension = extname(pathOf(path)).toLowerCase();
  return extension === PARQUET || Object.hasOwn(OPENERS, extension);
}

export interface TableRowStream extends Omit<TableRows, 'rows'> {
  batches(): AsyncGenerator<TableRows['rows'], void, undefined>;
  close(): Promise<void>;
}

/** Rows of a parquet file that are decoded at once. */
const PARQUET_ROWS = 8_192;

/** @throws as `readTableRows` */
export async function openTableRows(path: string, remote?: RemoteFiles): Promise<TableRowStream> {
  const file = await openAnywhere(path, remote);
  return closedOnError(file, async () => {
    const extension = extname(pathOf(path)).toLowerCase();
    const opened = extension === PARQUET ? await parquetStream(file) : textStream(await OPENERS[extension]!(file));
    return { ...opened, close: () => file.close() };
  });
}

function textStream(table: RowTable): Omit<TableRowStream, 'close'> {
  async function* batches() {
    for await (const rows of table.batches()) yield rows.map(({ values }) => values.map(light));
  }
  return { columns: table.columns, types: null, batches };
}

async function parquetStream(file: RandomAccess): Promise<Omit<TableRowStream, 'close'>> {
  const footer = await readParquetFooter(file);
  const { names, types, columns } = flatColumns(file, footer);
  async function* batches() {
    for (let first = 0; first < footer.rows; first += PARQUET_ROWS) {
      const count = Math.min(PARQUET_ROWS, footer.rows - first);
      const values = await Promise.all(columns.map((column) => column.take(count)));
      yield Array.from({ length: count }, (_, row) => values.map((column) => column[row] ?? null));
    }
  }
  return { columns: names, types, batches };
}

/** @throws DataError `CSV_…`, `JSONL_…`, `PARQUET_…`; as `openAnywhere` */
export async function readTableRows(path: string, remote?: RemoteFiles): Promise<TableRows> {
  const { columns, types, ...table } = await openTableRows(path, remote);
  try {
    const rows: (readonly unknown[])[] = [];
    for await (const some of table.batches()) for (const row of some) rows.push(row);
    return { columns, types, rows };
  } finally {
    await table.close();
  }
}

function light(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? LEFT_OUT : value;
}

/** The columns of single values that are carried along: text, numbers, booleans, times. */
export function flatColumns(file: RandomAccess, { root, metadata }: ParquetFooter) {
  const source = new ReadAhead(file);
  const nodes = root.children.filter((node) => isFlat(node) && carriedType(node.element) !== 'other');
  return {
    names: nodes.map(({ element }) => element.name),
    types: new Map(nodes.map(({ element }) => [element.name, carriedType(element)])),
    columns: nodes.map((node) => new FlatColumn(new ParquetColumn(source, metadata, [root, node]))),
  };
}

/** Names that tables use, the first that there is counts. `file_name` is Hugging Face's. */
const USUAL: readonly string[] = [
  'image',
  'file_name',
  'image_path',
  'path',
  'file',
  'filename',
  'image_url',
  'url',
  'img',
];
/** Columns that all events of `embed` have, and tables of images hardly. */
const EVENTS: readonly string[] = ['embeddings', 'event_id'];
/** As many names as a message can hold. */
const NAMES_TOLD = 20;

/** The column of a table that has the images, or says where they are. @throws DataError `IMAGES_COLUMN` */
export function imageColumn(columns: readonly string[], asked: string | undefined, where: string): string {
  const found =
    asked === undefined ? USUAL.find((name) => columns.includes(name)) : columns.find((name) => name === asked);
  if (asked === undefined && EVENTS.every((name) => columns.includes(name))) {
    throw new DataError('IMAGES_COLUMN', `${where}: these are events, which were made of images`, {
      hint: 'baseline, drift and publish read them. To embed their images again, give the folder that these lie in.',
    });
  }
  if (found !== undefined) return found;
  const there =
    columns.length === 0 ? 'there are none' : `there are ${columns.slice(0, NAMES_TOLD).map(quoted).join(', ')}`;
  const close = asked === undefined ? null : nearest(asked, columns);
  throw new DataError(
    'IMAGES_COLUMN',
    `${where}: no column ${asked === undefined ? 'that is named like one of images' : quoted(asked)}, ${there}`,
    { hint: close === null ? hintFor(columns) : `Did you mean ${close}?` },
  );
}

/** The whole header as one column: other separators than commas. */
const OTHER_SEPARATOR = /[;\t|]/;

function hintFor(columns: readonly string[]): string {
  const [only] = columns;
  return columns.length === 1 && OTHER_SEPARATOR.test(only!)
    ? 'Columns of a csv are separated by commas.'
    : 'Name the column of the images or their paths with --image-column.';
}
