import { RandomAccessFile } from '../../files/index.js';
import { closedOnError } from '../data-error.js';
import type { EventBatch } from '../event.js';
import { carriedTypeOf, parseDecimal } from '../rows/carried-values.js';
import { openCsvRows, openJsonlRows } from '../rows/row-files.js';
import { emptyTable, type RowTable, SAMPLE_ROWS, type TableRow } from '../rows/row-table.js';
import { embeddingColumn } from './column-roles.js';
import { METADATA_COLUMN } from './event-columns.js';
import { batchesOf, type EventLayout, eventLayout } from './event-rows.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { batchRows } from './event-values.js';
import { RowVectors } from './row-vectors.js';
import { parseMetadata, wantedColumns } from './table-schema.js';

interface Layout extends EventLayout {
  vectors: RowVectors;
}

/** @param openRows `openCsvRows` or `openJsonlRows` */
async function openRowEvents(
  path: string,
  openRows: (file: RandomAccessFile) => Promise<RowTable>,
  options: OpenEventsOptions,
): Promise<EventSource> {
  const file = await RandomAccessFile.open(path);
  return closedOnError(file, async () => {
    const table = await openRows(file);
    const layout = await readLayout(path, table, options);
    const batches = (wanted?: BatchOptions) => readBatches(path, table, layout, wanted);
    return { path, schema: layout.schema, rows: null, batches, close: () => file.close() };
  });
}

async function readLayout(path: string, table: RowTable, options: OpenEventsOptions): Promise<Layout> {
  const { columns: names } = table;
  const sample: TableRow[] = [];
  for await (const rows of table.batches()) {
    sample.push(...rows.slice(0, SAMPLE_ROWS - sample.length));
    if (sample.length === SAMPLE_ROWS) break;
  }
  const [row] = sample;
  if (row === undefined) throw emptyTable(path);
  const sampled = new Map(names.map((name, index) => [name, sample.map(({ values }) => values[index])]));
  const valuesOf = (name: string) => sampled.get(name) as unknown[];
  const holdVectors = names.filter((name) => isVector(valuesOf(name)[0]));
  const embedding = embeddingColumn(path, options.embeddingColumn, names, holdVectors);
  const vectors = new RowVectors(embedding, names);
  const place = placesIn(path)(row);
  const found = {
    ...{ path, names, embedding, first: `${place}: ${embedding.name}` },
    metadata: parseMetadata(path, sampled.get(METADATA_COLUMN)?.find(isThere)),
    numeric: names.filter((name) => isNumeric(valuesOf(name))),
    dimensions: vectors.of(row, () => place).length,
    firstRows: async (columns: readonly string[]) => columns.map(valuesOf),
    carried: (name: string) => ({ name, type: carriedTypeOf(valuesOf(name)) }),
  };
  return { ...(await eventLayout(found, options)), vectors };
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) || (typeof value === 'string' && value.trimStart().startsWith('['));
}

/** True also where nothing is known yet. */
function isNumeric(values: readonly unknown[]): boolean {
  return values
    .filter(isThere)
    .every((value) => (typeof value === 'string' ? !Number.isNaN(parseDecimal(value)) : typeof value === 'number'));
}

async function* readBatches(
  path: string,
  table: RowTable,
  layout: Layout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const size = batchRows(layout.schema.dimensions + table.columns.length);
  const places = new Map(table.columns.map((name, index) => [name, index]));
  const placeOf = placesIn(path);
  const toBatch = batchesOf(layout, wantedColumns(layout.schema, options));
  const batchOf = (rows: readonly TableRow[]) =>
    toBatch({
      rows: rows.length,
      embeddings: layout.vectors.matrix(rows, layout.schema.dimensions, placeOf),
      take: (name, as) => {
        const index = places.get(name) as number;
        return rows.map((row) => as(row.values[index], () => `${placeOf(row)} column ${name}`));
      },
      place: (row) => placeOf(rows[row] as TableRow),
    });
  let rows: TableRow[] = [];
  for await (const some of table.batches()) {
    for (const row of some) {
      if (rows.push(row) < size) continue;
      yield await batchOf(rows);
      rows = [];
    }
  }
  if (rows.length > 0) yield await batchOf(rows);
}

function placesIn(path: string): (row: TableRow) => string {
  return ({ line }) => `${path} line ${line.toLocaleString('en')}`;
}

export function openCsvEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openCsvRows, options);
}

export function openJsonlEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openJsonlRows, options);
}
