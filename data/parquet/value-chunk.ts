/** A column chunk of text or whole numbers, flat and nullable: encoding, pages and statistics are hyparquet-writer's choice. */

import { writeWithChecksums } from './checksummed-chunk.js';
import { type ByteWriter, type SchemaElement, snappyCompress, writeColumn } from './hyparquet-writer.js';
import { PAGE_BYTES, type WrittenChunk } from './output.js';

/** Only its place counts: what a path begins with. */
const ROOT: SchemaElement = { name: 'schema' };

/** @param values strings for a UTF8 column, bigints for one of INT64 */
export function writeValueChunk(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly (string | bigint | null)[],
): WrittenChunk {
  return writeWithChecksums(writer, (scratch) => writeColumn(chunkOf(scratch, element, values)));
}

function chunkOf(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly (string | bigint | null)[],
): Parameters<typeof writeColumn>[0] {
  return {
    writer,
    column: {
      columnName: element.name,
      element,
      schemaPath: [ROOT, element],
      codec: 'SNAPPY',
      compressors: { SNAPPY: snappyCompress },
      stats: true,
      pageSize: PAGE_BYTES,
      columnIndex: false,
      offsetIndex: true,
    },
    pageData: {
      values: values as (string | bigint | null)[],
      definitionLevels: values.map((value) => (value === null ? 0 : 1)),
      repetitionLevels: [],
      maxDefinitionLevel: 1,
    },
  };
}
