import { closedOnError, DataError } from '../data-error.js';
import type { EventBatch } from '../event.js';
import { openAnywhere } from '../images/sources/remote.js';
import type { FlatColumn } from '../parquet/columns.js';
import { readParquetFooter } from '../parquet/footer.js';
import { SAMPLE_ROWS } from '../rows/row-table.js';
import type { EmbeddingColumn } from './column-roles.js';
import { EMBEDDINGS, METADATA_COLUMN } from './event-columns.js';
import { batchesOf, type EventLayout, eventLayout } from './event-rows.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { batchRows, type Place } from './event-values.js';
import { ParquetEventTable } from './parquet-event-table.js';
import { parseMetadata, wantedColumns } from './table-schema.js';

interface Layout extends EventLayout {
  embedding: EmbeddingColumn;
}

export async function openParquetEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const file = await openAnywhere(path, options.remote);
  return closedOnError(file, async () => {
    const footer = await readParquetFooter(file);
    const table = new ParquetEventTable(file, footer);
    const { rows } = footer;
    if (rows === 0) throw new DataError('EVENTS_EMPTY', `${path}: no rows`);
    const layout = await readLayout(path, table, options);
    const batches = (wanted?: BatchOptions) => readBatches(path, table, layout, wanted);
    return { path, schema: layout.schema, rows, batches, close: () => file.close() };
  });
}

async function readLayout(path: string, table: ParquetEventTable, options: OpenEventsOptions): Promise<Layout> {
  const { names } = table;
  const embedding = table.embedding(options.embeddingColumn);
  const pairs = table.footer.metadata.key_value_metadata;
  const metadata = parseMetadata(path, pairs?.find(({ key }) => key === METADATA_COLUMN)?.value);
  const known = embedding.name === EMBEDDINGS ? metadata?.dimensions : undefined;
  const found = {
    ...{ path, names, embedding, metadata, first: `${path} row 0: ${embedding.name}` },
    numeric: names.filter((name) => table.isNumeric(name)),
    dimensions: await table.dimensions(embedding, known),
    firstRows: async (columns: readonly string[]) => {
      const values: unknown[][] = [];
      for (const name of columns) values.push(await table.flat(name).take(SAMPLE_ROWS));
      return values;
    },
    carried: (name: string) => table.carried(name),
  };
  return { ...(await eventLayout(found, options)), embedding };
}

async function* readBatches(
  path: string,
  table: ParquetEventTable,
  layout: Layout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const { rows } = table.footer;
  const { name: vectors } = layout.embedding;
  const { dimensions, classes } = layout.schema;
  const wanted = wantedColumns(layout.schema, options);
  const embeddings = table.vectors(layout.embedding, dimensions);
  const columns = new Map<string, FlatColumn>();
  const toBatch = batchesOf(layout, wanted);
  const size = batchRows(dimensions + classes.length + wanted.carried.length);
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const rowNumber = (row: number) => (first + row).toLocaleString('en');
    const taken = await embeddings.take(count);
    if (taken.length < count * dimensions) throw missingRows(path, vectors, rows, first + taken.length / dimensions);
    yield await toBatch({
      rows: count,
      embeddings: taken,
      async take<T>(name: string, as: (value: unknown, place: Place) => T) {
        const column = columns.get(name) ?? table.flat(name);
        columns.set(name, column);
        const values = await column.take(count);
        if (values.length < count) throw missingRows(path, name, first + count, first + values.length);
        return values.map((value, row) => as(value, () => `${path} column ${name} row ${rowNumber(row)}`));
      },
      place: (row) => `${path} row ${rowNumber(row)}`,
    });
  }
  if ((await embeddings.take(1)).length > 0) {
    throw new DataError('PARQUET_DAMAGED', `${path} column ${vectors}: more than the ${rows} rows promised`);
  }
}

function missingRows(path: string, name: string, promised: number, found: number): DataError {
  return new DataError('PARQUET_DAMAGED', `${path} column ${name}: ${promised} rows promised, ${found} found`);
}
