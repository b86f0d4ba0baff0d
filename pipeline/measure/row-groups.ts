/** Which rows of a table hang together: `--group camera,clip`, `--group 1h`, `--group none`, or the column `group`. */

import { nearest, quotedNames, shown } from '../../base/index.js';
import {
  type CarriedValue,
  carriedName,
  DataError,
  type EventBatch,
  type EventSource,
  type EventTableSchema,
} from '../../data/index.js';
import {
  DEFAULT_GROUP,
  DriftError,
  LEAST_GROUPS,
  type Profile,
  predictedOf,
  type SegmentColumns,
} from '../../drift/index.js';

const HOUR = 3_600_000;
const SPANS: ReadonlyMap<string, number> = new Map([
  ['1h', HOUR],
  ['1d', 24 * HOUR],
]);

/** As in `--group`: near-duplicates and the order of the rows say what hangs together. */
const NO_GROUPS = 'none';

export interface RowGroups {
  name: string;
  columns: readonly string[];
  of(batch: EventBatch): (string | null)[];
}

/**
 * @param asked as in `--group`; undefined for the column `group`, if it has groups @returns null if there are no groups
 * @throws DataError `EVENTS_COLUMN_MISSING`
 */
export async function rowGroups(
  asked: string | undefined,
  events: EventSource,
  path: string,
): Promise<RowGroups | null> {
  return asked === undefined ? usualGroups(events) : askedGroups(asked, events.schema, path);
}

function readable({ carried }: EventTableSchema): string[] {
  return (carried ?? []).filter(({ type }) => type !== 'other').map(({ name }) => name);
}

/**
 * The column `group`, if it has enough groups to say how alike their rows are. Three groups are the cameras or sites
 * that all windows have, rather than clips, and would make three rows of thousands.
 */
async function usualGroups({ schema, batches }: EventSource): Promise<RowGroups | null> {
  if (!readable(schema).includes(DEFAULT_GROUP)) return null;
  const groups = byColumns(DEFAULT_GROUP);
  const names = new Set<string>();
  let alone = 0;
  for await (const batch of batches({ columns: ['carried'], carried: groups.columns })) {
    for (const name of groups.of(batch)) {
      if (name === null) alone++;
      else names.add(name);
    }
    if (names.size + alone >= LEAST_GROUPS) return groups;
  }
  return null;
}

function askedGroups(asked: string, schema: EventTableSchema, path: string): RowGroups | null {
  const known = readable(schema);
  if (asked === NO_GROUPS && !known.includes(NO_GROUPS)) return null;
  const span = SPANS.get(asked);
  if (span !== undefined) {
    if (!schema.hasTimestamps) throw missing(path, 'timestamp', known, asked);
    const spanOf = (time: number | null) => (time === null ? null : String(Math.floor(time / span)));
    return { name: asked, columns: [], of: ({ timestamps }) => timestamps.map(spanOf) };
  }
  const lost = asked.split(',').find((name) => !known.includes(name));
  if (lost !== undefined) throw missing(path, lost, known, asked);
  return byColumns(asked);
}

/**
 * The same for rows that are compared with a profile: by default what its groups are. @param ofProfile their name
 * @throws DriftError `GROUPS_DIFFER`; DataError `EVENTS_COLUMN_MISSING` for a column that was asked for
 */
export async function comparedGroups(
  asked: string | undefined,
  ofProfile: string | null,
  events: EventSource,
  path: string,
): Promise<RowGroups | null> {
  if (asked !== undefined && ofProfile !== null && asked !== ofProfile) {
    throw new DriftError('GROUPS_DIFFER', `group ${shown(asked)}: the profile's groups are by ${shown(ofProfile)}`, {
      hint: 'Leave group out, or make the profile again with the same one.',
    });
  }
  if (asked !== undefined) return rowGroups(asked, events, path);
  try {
    return await rowGroups(ofProfile ?? undefined, events, path);
  } catch (error) {
    // Without its columns, near-duplicates and the order of the rows tell what hangs together.
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** What one row hangs together with, by its columns and time. @param asked as in `--group`, of columns that are not checked */
export function groupOfRow(asked: string | null): (row: { columns: RowColumns; time: number }) => string | null {
  if (asked === null || asked === NO_GROUPS) return () => null;
  const span = SPANS.get(asked);
  if (span !== undefined) return ({ time }) => String(Math.floor(time / span));
  const names = groupColumns(asked);
  return ({ columns }) => groupName(names.map((name) => columns[name] ?? null));
}

/** Columns that `groupOfRow` reads. @param asked as there */
export function groupColumns(asked: string | null): readonly string[] {
  return asked === null || asked === NO_GROUPS || SPANS.has(asked) ? [] : asked.split(',');
}

/** Values of one row, by the names of their columns. */
export type RowColumns = Readonly<Record<string, CarriedValue>>;

function byColumns(name: string): RowGroups {
  const columns = name.split(',');
  const of = ({ rows, carried }: EventBatch) => {
    const values = columns.map((column) => carried?.get(column));
    return Array.from({ length: rows }, (_, row) => groupName(values.map((column) => column?.[row] ?? null)));
  };
  return { name, columns, of };
}

/** Null if no column says anything, not a character: the row is alone. */
function groupName(values: readonly CarriedValue[]): string | null {
  const names = values.map(carriedName);
  return names.every((name) => name === null) ? null : names.map((name) => name ?? '').join('\u0000');
}

function meantHint(name: string, known: readonly string[]): string | undefined {
  const meant = nearest(name, known);
  return meant === null ? undefined : `Did you mean ${meant}?`;
}

function missing(path: string, column: string, known: readonly string[], asked: string): DataError {
  const message = `${path}: no column ${shown(column)}, asked for by group ${shown(asked)}`;
  const hint = meantHint(column, known) ?? 'Groups are columns of the events, or 1h or 1d of their timestamps.';
  return new DataError('EVENTS_COLUMN_MISSING', message, { hint });
}

const PREDICTED = 'class';
const COLUMNS_TOLD = 20;

export interface RowSegments {
  columns: readonly string[];
  of(batch: EventBatch): SegmentColumns;
}

export function rowSegments(
  by: readonly string[] | undefined,
  schema: EventTableSchema,
  path: string,
): RowSegments | null {
  if (by === undefined) return null;
  const known = readable(schema);
  for (const name of by) {
    if (known.includes(name) || (name === PREDICTED && hasPredicted(schema))) continue;
    const message = `${path}: by ${shown(name)}: ${possible(known, schema)}`;
    throw new DataError('EVENTS_COLUMN_MISSING', message, { hint: meantHint(name, known) });
  }
  const columns = by.filter((name) => known.includes(name));
  const valuesOf = (name: string, batch: EventBatch) =>
    columns.includes(name) ? texts(batch, name) : predicted(batch, schema.classes);
  return { columns, of: (batch) => Object.fromEntries(by.map((name) => [name, valuesOf(name, batch)])) };
}

/** Where several labels may hold, a row is of none of them alone. */
function hasPredicted({ classes, thresholds }: EventTableSchema): boolean {
  return classes.length > 0 && thresholds === undefined;
}

/** A label or an embedding is a column as well, and no segment. */
function possible(known: readonly string[], schema: EventTableSchema): string {
  const names = hasPredicted(schema) && !known.includes(PREDICTED) ? [...known, PREDICTED] : known;
  if (names.length === 0) return 'no column of these events can be segments';
  return `the columns that can be segments are ${quotedNames(names, COLUMNS_TOLD)}`;
}

/** @throws DriftError `SEGMENTS_NOT_IN_PROFILE` */
export function checkSegments(by: readonly string[] | undefined, { segments }: Pick<Profile, 'segments'>): void {
  const lost = by?.find((name) => !segments?.has(name));
  if (lost === undefined) return;
  const known = segments === null ? 'none' : [...segments.keys()].join(', ');
  const message = `by ${shown(lost)}: the profile's segments are by ${shown(known)}`;
  const again = `image-drift baseline EVENTS --by ${shown(by!.join(','))}`;
  const hint = `A segment is compared with the same one of the baseline: ${again}.`;
  throw new DriftError('SEGMENTS_NOT_IN_PROFILE', message, { hint });
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
