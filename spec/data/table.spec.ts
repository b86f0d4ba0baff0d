import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { CodedError, Random } from '../../base/index.js';
import { openEvents, openTable, type TableFormat } from '../../data/index.js';
import { RandomAccessFile } from '../../files/index.js';
import { assert, fixtures, refusal, test, written } from '../support/test.js';

async function read(path: string, format: TableFormat, rowsEach?: number): Promise<Map<string, unknown[]>> {
  const table = await openTable(path, format);
  try {
    const all = new Map<string, unknown[]>(table.columns.map((name) => [name, []]));
    for await (const { rows, columns } of table.batches(rowsEach)) {
      for (const [name, values] of columns) {
        assert.is(values.length, rows);
        all.get(name)!.push(...values);
      }
    }
    return all;
  } finally {
    await table.close();
  }
}

const RAGGED = [[1, 2], [], null, [3, null], [4, 5, 6], [7]];

function sample(): Uint8Array {
  const optional = 'OPTIONAL' as const;
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'vectors', data: RAGGED },
        { name: 'text', data: ['a', null, '', 'ü', 'b', 'c'] },
        { name: 'count', data: [1n, 2n, null, 4n, 5n, 6n] },
      ],
      schema: [
        { name: 'schema', num_children: 3 },
        { name: 'vectors', repetition_type: optional, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'DOUBLE', repetition_type: optional },
        { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: optional },
        { name: 'count', type: 'INT64', repetition_type: optional },
      ],
      rowGroupSize: 4,
    }),
  );
}

test('parquet: columns side by side are read many at a time', async () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `c${i}`);
  const columnData = names.map((name, c) => ({ name, data: Float64Array.of(c, c + 0.5), type: 'DOUBLE' as const }));
  const path = written('wide.parquet', new Uint8Array(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' })));
  const { readInto } = RandomAccessFile.prototype;
  let reads = 0;
  RandomAccessFile.prototype.readInto = function (bytes, offset) {
    reads++;
    return readInto.call(this, bytes, offset);
  };
  try {
    const columns = await read(path, 'parquet');
    assert.equal(columns.get('c1999'), [1999, 1999.5]);
    assert.equal(columns.get('c0'), [0, 0.5]);
  } finally {
    RandomAccessFile.prototype.readInto = readInto;
  }
  assert.ok(reads < 20, `${reads} reads`);
});

test('parquet: lists of any length, nulls, texts, over row groups and batches', async () => {
  const path = written('a.parquet', sample());
  for (const rowsEach of [1, 2, 5, 100]) {
    const columns = await read(path, 'parquet', rowsEach);
    assert.equal(columns.get('vectors'), RAGGED, `${rowsEach} rows each`);
    assert.equal(columns.get('text'), ['a', null, '', 'ü', 'b', 'c']);
    assert.equal(columns.get('count'), [1n, 2n, null, 4n, 5n, 6n]);
  }
});

test('csv: every value is text, quotes and line ends within', async () => {
  const path = written('a.csv', 'a,"b ""c"""\r\n1,"x\ny"\n,""\n');
  assert.equal(Object.fromEntries(await read(path, 'csv', 1)), { a: ['1', null], 'b "c"': ['x\ny', ''] });
  await refusal('CSV_FIELDS', () => read(written('b.csv', 'a,b\n1\n'), 'csv'));
  await refusal('EVENTS_COLUMN_TWICE', () => read(written('c.csv', 'a,a\n1,2\n'), 'csv'));
});

test('what other programs wrote has the vectors that openEvents finds', async () => {
  const folder = join(fixtures, 'data', 'events');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'));
  let compared = 0;
  for (const name of files) {
    const path = join(folder, name);
    const events = await openEvents(path).catch(() => null);
    if (events === null) continue;
    const vectors: number[][] = [];
    for await (const { rows, embeddings } of events.batches()) {
      const { dimensions } = events.schema;
      const vector = (row: number) => Array.from(embeddings.subarray(row * dimensions, (row + 1) * dimensions));
      for (let row = 0; row < rows; row++) vectors.push(vector(row));
    }
    await events.close();
    const found = (await read(path, 'parquet')).get('embeddings') as unknown[][];
    const singles = found.map((vector) => vector.map((value) => Math.fround(Number(value))));
    assert.equal(singles, vectors, name);
    compared++;
  }
  assert.ok(compared >= 3, `${compared} of ${files.length} files were compared`);
});

test('damaged bytes are refused with a code, or read as what they say', async () => {
  const whole = sample();
  const path = written('damaged.parquet', whole);
  const random = new Random(11);
  for (let turn = 0; turn < 400; turn++) {
    const bytes = whole.slice(0, turn % 7 === 0 ? 1 + random.below(whole.length) : whole.length);
    for (let change = 0; change < 1 + random.below(4); change++) bytes[random.below(bytes.length)] = random.below(256);
    writeFileSync(path, bytes);
    await read(path, 'parquet').catch((error: unknown) => {
      if (!(error instanceof CodedError)) throw error;
    });
  }
});
