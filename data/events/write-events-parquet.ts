/**
 * Events as Apache Parquet: row groups written as they fill, snappy. The embeddings are a standard three-level LIST of
 * FLOAT (`embeddings.list.element`), scores FLOAT, text UTF8, `timestamp` a plain INT64 of milliseconds (what Fiddler's
 * quickstart sends; pandas shows int64, not datetime64). All are nullable as pandas writes them, so that the arrow
 * schema is that of a frame saved by pandas (`list<element: float>`) and the two can be concatenated. What the columns
 * cannot say is one JSON text under the key `image_drift` of the key-value metadata (see `parquet-metadata.ts`).
 */
import { ByteWriter, type KeyValue, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { AtomicFile } from '../../files/index.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { columnNames, EMBEDDINGS, EVENT_ID, IMAGE_URL, statisticColumn, TARGET, TIMESTAMP } from './event-columns.js';
import type { EventSink, EventWriterOptions } from './event-sink.js';
import { METADATA_KEY, metadataJson } from './parquet-metadata.js';

const ROW_GROUP_ROWS = 2_000;
/** Bounds the memory of a row group where embeddings are long. */
const ROW_GROUP_VALUES = 1_000_000;

type Column = { name: string; data: unknown[] };

export async function createParquetEvents(
  path: string,
  schema: EventTableSchema,
  options: EventWriterOptions,
): Promise<EventSink> {
  const file = await AtomicFile.create(path);
  const bytes = new ByteWriter();
  const kvMetadata: KeyValue[] = [{ key: METADATA_KEY, value: metadataJson(schema) }];
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: parquetSchema(schema),
    kvMetadata,
    createdBy: 'image-drift',
  });
  const groupRows = Math.max(
    1,
    Math.min(options.rowGroupRows ?? ROW_GROUP_ROWS, Math.floor(ROW_GROUP_VALUES / schema.dimensions)),
  );
  let group = emptyColumns(schema);

  const drain = async () => {
    await file.write(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const endGroup = async () => {
    parquet.write({ columnData: group.map(withEncoding), rowGroupSize: groupRows });
    group = emptyColumns(schema);
    await drain();
  };

  return {
    async write(batch) {
      for (let row = 0; row < batch.rows; row++) {
        appendRow(group, schema, batch, row);
        if ((group[0] as Column).data.length === groupRows) await endGroup();
      }
    },
    async commit() {
      if ((group[0] as Column).data.length > 0) await endGroup();
      parquet.finish();
      await drain();
      await file.commit();
    },
    discard: () => file.discard(),
  };
}

function parquetSchema(schema: EventTableSchema): SchemaElement[] {
  const text = (name: string): SchemaElement => ({
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
    repetition_type: 'OPTIONAL',
  });
  const float = (name: string): SchemaElement => ({ name, type: 'FLOAT', repetition_type: 'OPTIONAL' });
  const columns: SchemaElement[][] = [
    [
      {
        name: EMBEDDINGS,
        repetition_type: 'OPTIONAL',
        num_children: 1,
        converted_type: 'LIST',
        logical_type: { type: 'LIST' },
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    ],
    ...schema.classes.map((name) => [float(name)]),
  ];
  if (schema.hasTargets) columns.push([text(TARGET)]);
  if (schema.hasImageUrls) columns.push([text(IMAGE_URL)]);
  if (schema.hasTimestamps) columns.push([{ name: TIMESTAMP, type: 'INT64', repetition_type: 'OPTIONAL' }]);
  if (schema.hasEventIds) columns.push([text(EVENT_ID)]);
  columns.push(...schema.statistics.map((name) => [float(statisticColumn(name))]));
  return [{ name: 'schema', num_children: columns.length }, ...columns.flat()];
}

function emptyColumns(schema: EventTableSchema): Column[] {
  return columnNames(schema).map((name) => ({ name, data: [] }));
}

function appendRow(group: Column[], schema: EventTableSchema, batch: EventBatch, row: number): void {
  const { dimensions, classes } = schema;
  let next = 0;
  const append = (value: unknown) => (group[next++] as Column).data.push(value);
  append(Array.from(batch.embeddings.subarray(row * dimensions, (row + 1) * dimensions)));
  for (let column = 0; column < classes.length; column++) append(batch.scores?.[row * classes.length + column]);
  if (schema.hasTargets) append(batch.targets[row]);
  if (schema.hasImageUrls) append(batch.imageUrls[row]);
  if (schema.hasTimestamps) append(typeof batch.timestamps[row] === 'number' ? BigInt(batch.timestamps[row]) : null);
  if (schema.hasEventIds) append(batch.eventIds[row]);
  for (const name of schema.statistics) {
    const value = batch.statistics.get(name)?.[row] as number;
    append(Number.isNaN(value) ? null : value);
  }
}

/** Embeddings are noise to a dictionary and to min/max statistics; the rest is left to the library's own choice. */
function withEncoding(column: Column): Column & { encoding?: 'PLAIN'; statistics?: boolean } {
  return column.name === EMBEDDINGS ? { ...column, encoding: 'PLAIN', statistics: false } : column;
}
