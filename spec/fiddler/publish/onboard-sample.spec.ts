import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type EventTableSchema, openEvents } from '../../../data/index.js';
import {
  SAMPLE_ROWS,
  type SampledRow,
  sampleEvents,
  sampleParquet,
} from '../../../fiddler/publish/onboard/new-model.js';
import { assert, temporaryFolder, test } from '../../support/test.js';
import { madeBatch, tableSchema, writeEvents } from './events-fixture.js';
import { withRecordings } from './recordings.js';

const folder = temporaryFolder();

async function sampled(path: string, seed?: number): Promise<SampledRow[]> {
  const events = await openEvents(path);
  try {
    return await sampleEvents(events, events.schema, { seed });
  } finally {
    await events.close();
  }
}

function parquetOf(rows: readonly SampledRow[], table: EventTableSchema): ArrayBuffer {
  const bytes = sampleParquet(rows, table);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

withRecordings('the sample as Fiddler’s client uploads it', (recording) => {
  test('columns, their order and their types are the recorded ones', async () => {
    const { content } = recording('018').request.multipart[0]!;
    const classes = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
    const known = { classes, hasEventIds: false };
    const path = await writeEvents(join(folder, 'cifar.parquet'), { rows: 20, seed: 3 }, known);
    const { schema, row_groups: groups } = parquetMetadata(parquetOf(await sampled(path), tableSchema(known)));
    const lines = schema.slice(1).map(({ name, type, repetition_type: repetition, converted_type: converted }) => {
      assert.is(type, 'BYTE_ARRAY');
      return `  ${repetition!.toLowerCase()} binary field_id=-1 ${name} (${converted === 'UTF8' ? 'String' : converted});`;
    });
    assert.equal(lines, content.parquet_schema.slice(1, -1));
    assert.ok(groups.every(({ columns }) => columns.every(({ meta_data: of }) => of!.codec === 'SNAPPY')));
  });

  test('rows hold the texts that the recorded ones hold, for the same values', async () => {
    const { content } = recording('094').request.multipart[0]!;
    const [row] = content.first_rows;
    const table = tableSchema({ dimensions: 2, classes: ['plane', 'car'] });
    const made: SampledRow = {
      embedding: Float32Array.of(1.5, -1e-7),
      scores: Float32Array.of(Number(row!['plane']), Number(row!['car'])),
      target: row!['target']!,
      imageUrl: row!['image_url']!,
      eventId: row!['event_id']!,
      metadata: [],
    };
    const [read] = await parquetReadObjects({ file: parquetOf([made], table), compressors });
    const names = ['plane', 'car', 'target', 'image_url', 'event_id'];
    const expected = Object.fromEntries(names.map((name) => [name, row![name]]));
    assert.equal(read, { embeddings: '[1.5, -1e-7]', ...expected });
  });
});

test('every number of the text reads back as the same float32', async () => {
  const path = await writeEvents(join(folder, 'back.parquet'), { rows: 30, seed: 4 });
  const { embeddings } = madeBatch(tableSchema(), { rows: 30, seed: 4 });
  const rows = await parquetReadObjects({ file: parquetOf(await sampled(path), tableSchema()), compressors });
  const read = rows.flatMap((row) => JSON.parse(row['embeddings'] as string) as number[]);
  assert.equal(Float32Array.from(read), embeddings);
});

test('a score or a label that is not there is null', async () => {
  const table = tableSchema({ dimensions: 1, classes: ['a', 'b'] });
  const numbers = { embedding: Float32Array.of(1), scores: Float32Array.of(Number.NaN, 0.5) };
  const row = { ...numbers, target: null, imageUrl: null, eventId: 'e', metadata: [] };
  const [read] = await parquetReadObjects({ file: parquetOf([row], table), compressors });
  assert.equal(read, { embeddings: '[1]', a: null, b: '0.5', target: null, image_url: null, event_id: 'e' });
});

test('of more rows than the factory reads some are chosen, from all over the table, in its order, by the seed', async () => {
  const rows = SAMPLE_ROWS + 5_000;
  const path = await writeEvents(join(folder, 'many.parquet'), { rows, seed: 5 }, { dimensions: 2, classes: [] });
  const numbers = (found: readonly SampledRow[]) => found.map(({ eventId }) => Number.parseInt(eventId!.slice(8), 16));
  const first = numbers(await sampled(path, 1));
  assert.is(first.length, SAMPLE_ROWS);
  const inOrder = [...new Set(first)].sort((a, b) => a - b);
  assert.equal(first, inOrder, 'in order, none twice');
  // 10,000 of 15,000: the last third holds 3,333 of them, with a standard deviation of 27.
  const late = first.filter((number) => number >= SAMPLE_ROWS).length;
  assert.ok(Math.abs(late - 3_333) < 5 * 27, `${late} of the last 5,000 rows`);
  assert.equal(numbers(await sampled(path, 1)), first);
  assert.not.equal(numbers(await sampled(path, 2)), first);
});
