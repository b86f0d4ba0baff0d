/**
 * All that reading uses of hyparquet; `codecs.ts` imports hyparquet-compressors. Much of it is not part of what they
 * promise to keep (the paths under `src/`), so the version is pinned, and nothing else imports them: an update is
 * checked here.
 */
export type {
  ColumnChunk,
  CompressionCodec,
  DecodedArray,
  Encoding,
  FileMetaData,
  SchemaElement,
  SchemaTree,
} from 'hyparquet';
export { parquetMetadata, parquetSchema } from 'hyparquet';
export { parquetHeader } from 'hyparquet/src/column.js';
export { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
export { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
export { byteStreamSplit } from 'hyparquet/src/encoding.js';
export { readPlain } from 'hyparquet/src/plain.js';
export { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
export type { DataReader, PageHeader } from 'hyparquet/src/types.js';
export { xxhash64 } from 'hyparquet/src/xxhash.js';
