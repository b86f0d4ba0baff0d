/** A column chunk of text, numbers or booleans, flat and nullable: encoding, pages and statistics are hyparquet-writer's choice. */

import type { CarriedValue } from '../carried.js';
import { writeWithChecksums } from './checksummed-chunk.js';
import { type ByteWriter, type SchemaElement, snappyCompress, writeColumn } from './hyparquet-writer.js';
import { PAGE_BYTES, type WrittenChunk } from './output.js';

/** Only its place counts: what a path begins with. */
const ROOT: SchemaElement = { name: 'schema' };

/** @param values strings for a UTF8 column, bigints for one of INT64, numbers for DOUBLE, booleans for BOOLEAN */
export function writeValueChunk(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly CarriedValue[],
): WrittenChunk {
  return writeWithChecksums(writer, (scratch) => writeColumn(chunkOf(scratch, element, values)));
}

function chunkOf(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly CarriedValue[],
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
      values: values as CarriedValue[],
      definitionLevels: values.map((value) => (value === null ? 0 : 1)),
      repetitionLevels: [],
      maxDefinitionLevel: 1,
    },
  };
}
