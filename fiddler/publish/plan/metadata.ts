/**
 * Columns that are carried along, as values of a model's columns: `onboard --metadata` makes them, `publish` fills them.
 */
import { type CarriedValue, type EventTableSchema, isEmbedsColumn } from '../../../data/index.js';
import type { DataType, Model } from '../../client/index.js';

/** A column that the model has as well. */
export interface MetadataColumn {
  name: string;
  /** Type of the model's column. */
  type: DataType;
}

/** A value that the model's column cannot take. */
export const MISFIT = Symbol('misfit');

/** Also as text: in a csv file with a word among them all values are text. */
const WHOLE = /^-?\d{1,18}$/;
const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUTH = /^(true|false)$/i;

const TYPES: readonly string[] = ['int', 'float', 'str', 'bool', 'category', 'timestamp'] satisfies DataType[];

/** The carried columns that the model knows, and those of the user's that it does not. */
export function metadataColumns(
  { schema: { columns } }: Model,
  { carried = [] }: EventTableSchema,
): { sent: MetadataColumn[]; leftOut: string[] } {
  const types = new Map(columns.map(({ name, data_type }) => [name, data_type]));
  const sent = carried.flatMap(({ name, type }): MetadataColumn[] => {
    const known = types.get(name);
    return type !== 'other' && known !== undefined && TYPES.includes(known) ? [{ name, type: known as DataType }] : [];
  });
  const names = new Set(sent.map(({ name }) => name));
  const leftOut = carried.filter((column) => !isEmbedsColumn(column) && !names.has(column.name));
  return { sent, leftOut: leftOut.map(({ name }) => name) };
}

/**
 * @param isTime whether numbers are times, which a column of text has as ISO 8601
 * @returns a bigint for `int`, a number for `float` and, in milliseconds, `timestamp`, else as named
 */
export function metadataValue(
  type: DataType,
  value: CarriedValue | undefined,
  isTime = false,
): CarriedValue | typeof MISFIT {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'int':
      return WHOLE.test(String(value)) && typeof value !== 'boolean' ? BigInt(value) : MISFIT;
    case 'float':
      return NUMBER.test(String(value)) && typeof value !== 'boolean' ? Number(value) : MISFIT;
    case 'bool':
      return TRUTH.test(String(value)) ? /^true$/i.test(String(value)) : MISFIT;
    case 'timestamp':
      return isTime && typeof value === 'number' ? Math.trunc(value) : MISFIT;
    default:
      return isTime && typeof value === 'number' ? new Date(value).toISOString() : String(value);
  }
}

/** Names of the columns of times. */
export function timeColumns({ carried = [] }: EventTableSchema): ReadonlySet<string> {
  return new Set(carried.filter(({ type }) => type === 'timestamp').map(({ name }) => name));
}
