/** Columns that become metadata of a model because someone asked for them by name. */

import { nearest, quoted } from '../../../base/index.js';
import type { CarriedColumn, EventTableSchema } from '../../../data/index.js';
import type { DataType } from '../../client/index.js';
import { PublishError } from '../publish-error.js';

/** Types of a model's column that take a carried column's values; the first is the one that is made. */
export const METADATA_TYPES: Readonly<Record<CarriedColumn['type'], readonly DataType[]>> = {
  string: ['str', 'category'],
  integer: ['int', 'float'],
  float: ['float'],
  boolean: ['bool'],
  timestamp: ['timestamp', 'str'],
  other: [],
};

/**
 * @param wanted names of carried columns, each once
 * @throws PublishError `METADATA_MISSING`, `METADATA_TYPE`
 */
export function wantedMetadata(
  path: string,
  { carried = [] }: EventTableSchema,
  wanted: readonly string[],
): CarriedColumn[] {
  return [...new Set(wanted)].map((name) => {
    const column = carried.find((one) => one.name === name);
    if (column === undefined) {
      const names = carried.map((one) => one.name);
      const meant = nearest(name, names);
      throw new PublishError('METADATA_MISSING', `${path}: no column ${quoted(name)} that could be metadata`, {
        hint:
          meant === null
            ? `There ${names.length === 0 ? 'are none' : `is: ${names.slice(0, 20).join(', ')}`}.`
            : `Did you mean ${quoted(meant)}?`,
      });
    }
    if (METADATA_TYPES[column.type].length > 0) return column;
    throw new PublishError(
      'METADATA_TYPE',
      `${path}: column ${quoted(name)} holds lists, structs or bytes, not values`,
      {
        hint: 'Fiddler takes text, numbers, booleans and times as metadata.',
      },
    );
  });
}
