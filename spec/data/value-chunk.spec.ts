/** Our chunks of texts, numbers and booleans are hyparquet-writer's, whose pages lack only their checksums. */
import { parquetHeader } from 'hyparquet/src/column.js';
import { ByteWriter, type SchemaElement } from 'hyparquet-writer';
import { writeColumn } from 'hyparquet-writer/src/column.js';
import { Random } from '../../base/index.js';
import type { CarriedValue } from '../../data/index.js';
import { PAGE_BYTES } from '../../data/parquet/output.js';
import { snappyCompress } from '../../data/parquet/snappy.js';
import { writeValueChunk } from '../../data/parquet/value-chunk.js';
import { assert, test } from '../support/test.js';

type Chunk = ReturnType<typeof writeColumn>;

function theirs(writer: ByteWriter, element: SchemaElement, values: readonly CarriedValue[]): Chunk {
  const encoder = {
    codec: 'SNAPPY',
    compressors: { SNAPPY: snappyCompress },
    stats: true,
    pageSize: PAGE_BYTES,
  } as const;
  const column = { columnName: element.name, element, schemaPath: [{ name: 'schema' }, element], ...encoder };
  const definitionLevels = values.map((value) => (value === null ? 0 : 1));
  const pageData = { values: [...values], definitionLevels, repetitionLevels: [], maxDefinitionLevel: 1 };
  return writeColumn({ writer, column: { ...column, columnIndex: false, offsetIndex: true }, pageData });
}

function pagesOf(bytes: Uint8Array) {
  const pages = [];
  for (let at = 0; at < bytes.length; ) {
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: at };
    const { crc: _, ...header } = parquetHeader(reader);
    at = reader.offset + header.compressed_page_size;
    pages.push({ header, bytes: Buffer.from(bytes.subarray(reader.offset, at)).toString('base64') });
  }
  return pages;
}

function whole({ chunk: { meta_data: meta }, offsetIndex }: Chunk) {
  const { type, encodings, path_in_schema, codec, num_values, statistics, encoding_stats } = meta!;
  const bounds = {
    nan_count: undefined,
    ...statistics,
    min_value: statistics?.min_value,
    max_value: statistics?.max_value,
  };
  const firstRows = (offsetIndex?.page_locations ?? []).map((page) => page.first_row_index);
  const rows = firstRows.length > 1 ? firstRows : [];
  return { type, encodings, path_in_schema, codec, num_values, bounds, encoding_stats, rows };
}

const of = (type: 'BOOLEAN' | 'DOUBLE' | 'INT64'): SchemaElement => ({ name: 'a', type, repetition_type: 'OPTIONAL' });
const text: SchemaElement = { name: 'a', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
const random = new Random(3);
const word = (letters: string, most: number) =>
  Array.from({ length: random.below(most) }, () => [...letters][random.below([...letters].length)]).join('');
const KINDS: readonly [SchemaElement, string, () => CarriedValue][] = [
  [text, 'hashes', () => word('0123456789abcdef', 130)],
  [text, 'classes', () => word('ab', 2)],
  [text, 'beyond ASCII', () => word('aé\u{1f600}\uffee\ud800', 9)],
  [text, 'pages', () => word('xyz', 20_000)],
  [of('DOUBLE'), 'numbers', () => random.below(9999) / 7 - 99],
  [of('DOUBLE'), 'zeros', () => [0, -0, 1][random.below(3)]!],
  [of('DOUBLE'), 'NaN', () => [Number.NaN, 2][random.below(2)]!],
  [of('INT64'), 'times', () => BigInt(random.below(1e9)) - 5n],
  [{ ...of('INT64'), converted_type: 'TIMESTAMP_MILLIS' }, 'one time', () => 7n],
  [of('BOOLEAN'), 'booleans', () => random.below(2) === 1],
];

test('chunks are those of hyparquet-writer', () => {
  for (const [element, kind, draw] of KINDS) {
    for (const rows of [1, 7, 8, 9, 16, 17, 300, 2_000]) {
      for (const share of [0, 5, 10]) {
        const values = Array.from({ length: rows }, () => (random.below(10) < share ? null : draw()));
        const [a, b] = [new ByteWriter(), new ByteWriter()];
        const [ours, wanted] = [writeValueChunk(a, element, values), theirs(b, element, values)];
        const what = `${rows} ${kind}, ${share} of 10 missing`;
        assert.equal(whole(ours), whole(wanted), what);
        assert.equal(pagesOf(a.getBytes()), pagesOf(b.getBytes()), what);
      }
    }
  }
});

test('an integer of more than 64 bits is refused', () => {
  assert.throws(() => writeValueChunk(new ByteWriter(), of('INT64'), [1n, 2n ** 63n]), /9223372036854775808/);
});
