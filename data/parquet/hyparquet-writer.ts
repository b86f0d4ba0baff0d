export type { KeyValue, SchemaElement } from 'hyparquet-writer';
export { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
export { getPageBoundaries, type writeColumn } from 'hyparquet-writer/src/column.js';
export { writePageHeader } from 'hyparquet-writer/src/datapage.js';
export { useDictionary } from 'hyparquet-writer/src/dictionary.js';
export { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
export { writeIndexes } from 'hyparquet-writer/src/indexes.js';
export { writeMetadata } from 'hyparquet-writer/src/metadata.js';
export { writePlain } from 'hyparquet-writer/src/plain.js';
