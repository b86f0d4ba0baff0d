/** What the columns of a parquet file hold, from its schema. */
import type { CarriedColumn } from '../carried.js';
import type { SchemaElement, SchemaTree } from './hyparquet.js';

export function isFlat({ children, element }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED';
}

/** DuckDB makes DECIMAL of numbers written into a query. */
function isFloat(element: SchemaElement): boolean {
  return (
    element.type === 'FLOAT' ||
    element.type === 'DOUBLE' ||
    element.converted_type === 'DECIMAL' ||
    element.logical_type?.type === 'FLOAT16'
  );
}

export function isNumeric(element: SchemaElement): boolean {
  return isFloat(element) || element.type === 'INT32' || element.type === 'INT64';
}

/** What a text is called. */
const TEXTS: readonly string[] = ['UTF8', 'ENUM', 'JSON', 'STRING'];

export function carriedType(element: SchemaElement): CarriedColumn['type'] {
  const { type, converted_type: converted = '', logical_type: logical } = element;
  if (type === 'INT96' || logical?.type === 'TIMESTAMP' || /^(TIMESTAMP|DATE)/.test(converted)) return 'timestamp';
  if (isFloat(element)) return 'float';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'INT32' || type === 'INT64') return 'integer';
  return isText(element) ? 'string' : 'other';
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return TEXTS.includes(converted ?? '') || TEXTS.includes(logical?.type ?? '');
}

/** Bytes of any meaning. */
export function isBinary(element: SchemaElement): boolean {
  return element.type === 'BYTE_ARRAY' && !isText(element);
}
