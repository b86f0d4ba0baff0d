/** The segments that rows are in: `--by camera,site,class`. `class` is the predicted one, if the table has no such column. */

import { nearest, quoted, shown } from '../../base/index.js';
import { carriedName, DataError, type EventBatch, type EventTableSchema } from '../../data/index.js';
import { DriftError, type Profile, predictedOf, type SegmentColumns } from '../../drift/index.js';

const PREDICTED = 'class';
/** As many as a person reads. */
const COLUMNS_TOLD = 20;

export interface RowSegments {
  /** Columns to read. */
  columns: readonly string[];
  of(batch: EventBatch): SegmentColumns;
}

/**
 * @param by names of columns; null if nobody asked
 * @throws DataError `EVENTS_COLUMN_MISSING`
 */
export function rowSegments(
  by: readonly string[] | undefined,
  schema: EventTableSchema,
  path: string,
): RowSegments | null {
  if (by === undefined) return null;
  const known = (schema.carried ?? []).filter(({ type }) => type !== 'other').map(({ name }) => name);
  for (const name of by) {
    if (known.includes(name) || (name === PREDICTED && schema.classes.length > 0)) continue;
    const meant = nearest(name, known);
    const hint = meant === null ? undefined : `Did you mean ${meant}?`;
    throw new DataError('EVENTS_COLUMN_MISSING', `${path}: --by ${shown(name)}: ${possible(known, schema)}`, { hint });
  }
  const columns = by.filter((name) => known.includes(name));
  const valuesOf = (name: string, batch: EventBatch) =>
    columns.includes(name) ? texts(batch, name) : predicted(batch, schema.classes);
  return { columns, of: (batch) => Object.fromEntries(by.map((name) => [name, valuesOf(name, batch)])) };
}

/** A label or an embedding is a column as well, and no segment. */
function possible(known: readonly string[], { classes }: EventTableSchema): string {
  const names = classes.length > 0 && !known.includes(PREDICTED) ? [...known, PREDICTED] : known;
  const told = names.slice(0, COLUMNS_TOLD).map(quoted).join(', ');
  if (names.length === 0) return 'no column of these events can be segments';
  return `the columns that can be segments are ${told}${names.length > COLUMNS_TOLD ? ', …' : ''}`;
}

/**
 * @throws DriftError `SEGMENTS_NOT_IN_PROFILE`
 */
export function checkSegments(by: readonly string[] | undefined, { segments }: Pick<Profile, 'segments'>): void {
  const lost = by?.find((name) => !segments?.has(name));
  if (lost === undefined) return;
  const known = segments === null ? 'none' : [...segments.keys()].join(', ');
  throw new DriftError(
    'SEGMENTS_NOT_IN_PROFILE',
    `--by ${shown(lost)}: the profile's segments are by ${shown(known)}`,
    {
      hint: `A segment is compared with the same one of the baseline: image-drift baseline EVENTS --by ${shown(by!.join(','))}.`,
    },
  );
}

function texts({ rows, carried }: EventBatch, name: string): (string | null)[] {
  const values = carried?.get(name);
  return Array.from({ length: rows }, (_, row) => carriedName(values?.[row] ?? null));
}

function predicted({ rows, scores }: EventBatch, classes: readonly string[]): (string | null)[] {
  if (scores === null) return new Array<null>(rows).fill(null);
  const matrix = { rows, columns: classes.length, data: scores };
  return Array.from({ length: rows }, (_, row) => classes[predictedOf(matrix, row)] ?? null);
}
