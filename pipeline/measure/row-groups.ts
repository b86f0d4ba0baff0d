/** Which rows of a table hang together: `--group camera,clip`, `--group 1h`, or the column `group`. */
import { type CarriedValue, DataError, type EventBatch, type EventTableSchema } from '../../data/index.js';
import { DEFAULT_GROUP, DriftError } from '../../drift/index.js';
import { nearest, shown } from '../../errors/index.js';

const HOUR = 3_600_000;
const SPANS: ReadonlyMap<string, number> = new Map([
  ['1h', HOUR],
  ['1d', 24 * HOUR],
]);

/** How groups are read from a table. */
export interface RowGroups {
  /** As in `--group`. */
  name: string;
  /** Columns to read. */
  columns: readonly string[];
  of(batch: EventBatch): (string | null)[];
}

/**
 * @param asked as in `--group`; undefined for the column `group`, if there is one
 * @returns null if nothing was asked for, and there is no such column
 * @throws DataError `EVENTS_COLUMN_MISSING`
 */
export function rowGroups(asked: string | undefined, schema: EventTableSchema, path: string): RowGroups | null {
  const known = (schema.carried ?? []).filter(({ type }) => type !== 'other').map(({ name }) => name);
  if (asked === undefined) return known.includes(DEFAULT_GROUP) ? byColumns(DEFAULT_GROUP) : null;
  const span = SPANS.get(asked);
  if (span !== undefined) {
    if (!schema.hasTimestamps) throw missing(path, 'timestamp', known, asked);
    return { name: asked, columns: [], of: ({ timestamps }) => timestamps.map((time) => spanOf(time, span)) };
  }
  const lost = asked.split(',').find((name) => !known.includes(name));
  if (lost !== undefined) throw missing(path, lost, known, asked);
  return byColumns(asked);
}

/**
 * The same for rows that are compared with a profile: what its groups are, if nothing else was asked for.
 *
 * @param ofProfile name of the profile's groups
 * @throws DriftError `GROUPS_DIFFER`; DataError `EVENTS_COLUMN_MISSING` for a column that was asked for
 */
export function comparedGroups(
  asked: string | undefined,
  ofProfile: string | null,
  schema: EventTableSchema,
  path: string,
): RowGroups | null {
  if (asked !== undefined && ofProfile !== null && asked !== ofProfile) {
    throw new DriftError('GROUPS_DIFFER', `--group ${shown(asked)}: the profile's groups are by ${shown(ofProfile)}`, {
      hint: 'Leave --group out, or make the profile again with the same --group.',
    });
  }
  if (asked !== undefined) return rowGroups(asked, schema, path);
  try {
    return rowGroups(ofProfile ?? undefined, schema, path);
  } catch (error) {
    // Without its columns, near-duplicates and the order of the rows tell what hangs together.
    if (error instanceof DataError) return null;
    throw error;
  }
}

function byColumns(name: string): RowGroups {
  const columns = name.split(',');
  const of = ({ rows, carried }: EventBatch) => {
    const values = columns.map((column) => carried?.get(column));
    return Array.from({ length: rows }, (_, row) => groupName(values.map((column) => column?.[row] ?? null)));
  };
  return { name, columns, of };
}

/** Null if no column says anything: the row is alone. */
function groupName(values: readonly CarriedValue[]): string | null {
  return values.every((value) => value === null) ? null : values.map((value) => String(value ?? '')).join('\u0000');
}

function spanOf(time: number | null, span: number): string | null {
  return time === null ? null : String(Math.floor(time / span));
}

function missing(path: string, column: string, known: readonly string[], asked: string): DataError {
  const meant = nearest(column, known);
  return new DataError(
    'EVENTS_COLUMN_MISSING',
    `${path}: no column ${shown(column)}, asked for by --group ${shown(asked)}`,
    {
      hint:
        meant === null
          ? 'Groups are columns of the events, or 1h or 1d of their timestamps.'
          : `Did you mean ${meant}?`,
    },
  );
}
