/** The footer of a parquet file: schema, row groups, key-value metadata. Parsed by hyparquet after a look at its bytes. */
import { bytesOf, latin1 } from '#platform';
import { CodedError } from '../../base/index.js';
import type { RandomAccess } from '../../files/index.js';
import { DataError } from '../data-error.js';
import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from './hyparquet.js';
import { endOfThriftStruct } from './thrift-check.js';

const MAGIC = 'PAR1';
const MAGIC_OF_ENCRYPTED = 'PARE';
/** Magic at both ends, the footer's length. */
const MIN_BYTES = 12;
/** Ten thousand row groups of a hundred columns take about this much. */
const MAX_FOOTER_BYTES = 128 * 1024 * 1024;
/** Nodes of the schema: columns, and the levels of lists. */
const MAX_SCHEMA_ELEMENTS = 262_144;

export interface ParquetFooter {
  metadata: FileMetaData;
  /** Top-level columns in file order. */
  root: SchemaTree;
  rows: number;
}

/** @throws DataError `PARQUET_FORMAT` (no parquet, or encrypted), `PARQUET_DAMAGED` */
export async function readParquetFooter(file: RandomAccess): Promise<ParquetFooter> {
  const footer = await footerBytes(file);
  try {
    const end = endOfThriftStruct(footer, 0);
    if (end > footer.byteLength - 8) throw new RangeError('the footer is longer than it says');
    const metadata = parquetMetadata(footer, { geoparquet: false });
    if (metadata.schema.length > MAX_SCHEMA_ELEMENTS) {
      throw new RangeError(`a schema of ${metadata.schema.length} elements, at most ${MAX_SCHEMA_ELEMENTS} are read`);
    }
    const nameless = metadata.schema.findIndex(({ name }) => typeof name !== 'string');
    if (nameless >= 0) throw new RangeError(`element ${nameless} of the schema has no name`);
    return { metadata, root: parquetSchema(metadata), rows: countRows(metadata) };
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError('PARQUET_DAMAGED', `${file.path}: the footer is damaged: ${why}`, { cause: error });
  }
}

async function footerBytes(file: RandomAccess): Promise<Uint8Array> {
  const size = file.size.toLocaleString('en');
  if (file.size < MIN_BYTES)
    throw new DataError('PARQUET_FORMAT', `${file.path}: ${size} bytes, a parquet file has at least ${MIN_BYTES}`);
  const head = latin1(await file.read(0, 4));
  const tail = bytesOf(await file.read(file.size - 8, 8));
  const magic = tail.toString('latin1', 4);
  if (magic === MAGIC_OF_ENCRYPTED) throw new DataError('PARQUET_FORMAT', `${file.path}: is encrypted`);
  if (head !== MAGIC)
    throw new DataError('PARQUET_FORMAT', `${file.path}: no parquet file, it does not begin with ${MAGIC}`);
  if (magic !== MAGIC) {
    throw new DataError('PARQUET_DAMAGED', `${file.path}: cut off, its ${size} bytes do not end with ${MAGIC}`);
  }
  const length = tail.readUInt32LE(0);
  if (length > file.size - MIN_BYTES || length > MAX_FOOTER_BYTES) {
    throw new DataError(
      'PARQUET_DAMAGED',
      `${file.path}: a footer of ${length.toLocaleString('en')} bytes promised in a file of ${size}`,
    );
  }
  return file.read(file.size - 8 - length, length + 8);
}

function countRows(metadata: FileMetaData): number {
  let rows = 0;
  for (const group of metadata.row_groups) {
    if (group.num_rows < 0n) throw new RangeError(`a row group of ${group.num_rows} rows`);
    rows += Number(group.num_rows);
  }
  if (BigInt(rows) !== metadata.num_rows) {
    throw new RangeError(`${metadata.num_rows} rows promised, its row groups have ${rows}`);
  }
  return rows;
}
