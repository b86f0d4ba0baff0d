/** Gives the pages of a column chunk that hyparquet-writer made their checksums, which it leaves out. */
import { parquetHeader } from './hyparquet.js';
import { ByteWriter, writePageHeader } from './hyparquet-writer.js';
import type { WrittenChunk } from './output.js';
import { pageChecksum } from './page-checksum.js';
import { endOfThriftStruct } from './thrift-check.js';

/**
 * @param make writes the chunk to where it is told, from offset 0
 * @returns the chunk as it lies in `writer`
 */
export function writeWithChecksums(writer: ByteWriter, make: (scratch: ByteWriter) => WrittenChunk): WrittenChunk {
  const scratch = new ByteWriter();
  const made = make(scratch);
  const start = writer.offset;
  const moved = copyPages(writer, scratch.getBytes());
  const { chunk, offsetIndex } = made;
  const meta = chunk.meta_data;
  if (meta === undefined) return made;
  const place = (offset: bigint) => BigInt(moved.get(Number(offset)) ?? start);
  const size = writer.offset - start;
  const grown = BigInt(size - scratch.offset);
  return {
    ...made,
    chunk: {
      ...chunk,
      file_offset: BigInt(start),
      meta_data: {
        ...meta,
        total_compressed_size: BigInt(size),
        total_uncompressed_size: meta.total_uncompressed_size + grown,
        data_page_offset: place(meta.data_page_offset),
        ...(meta.dictionary_page_offset !== undefined && {
          dictionary_page_offset: place(meta.dictionary_page_offset),
        }),
      },
    },
    ...(offsetIndex && {
      offsetIndex: {
        ...offsetIndex,
        page_locations: offsetIndex.page_locations.map((page, i, pages) => {
          const offset = place(page.offset);
          const next = pages[i + 1];
          const end = next === undefined ? BigInt(writer.offset) : place(next.offset);
          return { ...page, offset, compressed_page_size: Number(end - offset) };
        }),
      },
    }),
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
