/** A column chunk of text, numbers or booleans, flat and nullable: encoding, pages and statistics are hyparquet-writer's choice. */
import type { CarriedValue } from '../carried.js';
import { pageChecksum } from './codecs.js';
import { parquetHeader } from './hyparquet.js';
import { ByteWriter, type SchemaElement, writeColumn, writePageHeader } from './hyparquet-writer.js';
import { PAGE_BYTES, type WrittenChunk } from './output.js';
import { snappyCompress } from './snappy.js';
import { endOfThriftStruct } from './thrift-check.js';

/** Only its place counts: what a path begins with. */
const ROOT: SchemaElement = { name: 'schema' };

/** @param values strings for a UTF8 column, bigints for one of INT64, numbers for DOUBLE, booleans for BOOLEAN */
export function writeValueChunk(
  writer: ByteWriter,
  element: SchemaElement,
  values: readonly CarriedValue[],
): WrittenChunk {
  const scratch = new ByteWriter();
  const made = writeColumn({
    writer: scratch,
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
  });
  return withChecksums(writer, scratch, made);
}

/** hyparquet-writer leaves out the checksums of pages: they are copied with them, and lie elsewhere then. */
function withChecksums(writer: ByteWriter, scratch: ByteWriter, made: WrittenChunk): WrittenChunk {
  const start = writer.offset;
  const moved = copyPages(writer, scratch.getBytes());
  const { chunk, offsetIndex } = made;
  const meta = chunk.meta_data;
  if (meta === undefined) return made;
  const place = (offset: bigint) => BigInt(moved.get(Number(offset)) ?? start);
  const size = writer.offset - start;
  const dictionary = meta.dictionary_page_offset;
  const meta_data = {
    ...meta,
    total_compressed_size: BigInt(size),
    total_uncompressed_size: meta.total_uncompressed_size + BigInt(size - scratch.offset),
    data_page_offset: place(meta.data_page_offset),
    ...(dictionary !== undefined && { dictionary_page_offset: place(dictionary) }),
  };
  const page_locations = offsetIndex?.page_locations.map((page, i, pages) => {
    const [offset, next] = [place(page.offset), pages[i + 1]];
    const end = next === undefined ? BigInt(writer.offset) : place(next.offset);
    return { ...page, offset, compressed_page_size: Number(end - offset) };
  });
  return {
    ...made,
    chunk: { ...chunk, file_offset: BigInt(start), meta_data },
    ...(page_locations && { offsetIndex: { ...offsetIndex, page_locations } }),
  };
}

/** @returns where each page has gone, by where it was */
function copyPages(writer: ByteWriter, bytes: Uint8Array): Map<number, number> {
  const moved = new Map<number, number>();
  for (let at = 0; at < bytes.byteLength; ) {
    const rest = bytes.subarray(at);
    const header = parquetHeader({ view: new DataView(rest.buffer, rest.byteOffset, rest.byteLength), offset: 0 });
    const length = endOfThriftStruct(rest, 0);
    const page = rest.subarray(length, length + header.compressed_page_size);
    moved.set(at, writer.offset);
    // The reader's types know newer encodings, which the writer has not written.
    writePageHeader(writer, { ...header, crc: pageChecksum(page) } as Parameters<typeof writePageHeader>[1]);
    writer.appendBytes(page);
    at += length + page.byteLength;
  }
  return moved;
}
