/**
 * Events as Apache Parquet: row groups written as they fill, snappy. The embeddings are a standard three-level LIST of
 * FLOAT (`embeddings.list.element`), scores FLOAT, text UTF8, `timestamp` a plain INT64 of milliseconds (what Fiddler's
 * quickstart sends; pandas shows int64, not datetime64). All are nullable as pandas writes them, so that the arrow
 * schema is that of a frame saved by pandas (`list<element: float>`) and the two can be concatenated. What the columns
 * cannot say is one JSON text under the key `image_drift` of the key-value metadata (see `event-metadata.ts`).
 */
import { AtomicFile } from '../../files/index.js';
import type { EventTableSchema } from '../event.js';
import { ParquetOutput } from '../parquet/output.js';
import { type EventSink, type EventWriterOptions, METADATA_COLUMN } from './event-columns.js';
import { metadataJson } from './event-metadata.js';
import { parquetColumns } from './parquet-columns.js';

const ROW_GROUP_ROWS = 2_000;
/** Bounds the memory of a row group where embeddings are long. */
const ROW_GROUP_VALUES = 1_000_000;

export async function createParquetEvents(
  path: string,
  schema: EventTableSchema,
  options: EventWriterOptions,
): Promise<EventSink> {
  const file = await AtomicFile.create(path);
  const columns = parquetColumns(schema);
  const root = { name: 'schema', num_children: columns.length };
  const parquet = new ParquetOutput(
    [root, ...columns.flatMap(({ elements }) => elements)],
    [{ key: METADATA_COLUMN, value: metadataJson(schema) }],
  );
  const groupRows = Math.max(
    1,
    Math.min(options.rowGroupRows ?? ROW_GROUP_ROWS, Math.floor(ROW_GROUP_VALUES / schema.dimensions)),
  );
  let rows = 0;

  const endGroup = async () => {
    parquet.writeGroup(
      rows,
      columns.map((column) => (writer) => column.write(writer)),
    );
    rows = 0;
    await file.write(parquet.take());
  };

  return {
    async write(batch) {
      for (let from = 0; from < batch.rows; ) {
        const to = Math.min(batch.rows, from + groupRows - rows);
        for (const column of columns) column.append(batch, from, to);
        rows += to - from;
        from = to;
        if (rows === groupRows) await endGroup();
      }
    },
    async finish() {
      if (rows > 0) await endGroup();
      parquet.finish();
      await file.write(parquet.take());
      await file.finish();
    },
    commit: () => file.commit(),
    discard: () => file.discard(),
  };
}
