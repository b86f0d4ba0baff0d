/** Where the time and the group of an image come from: `--timestamp-from` and `--group-from`. */

import { nearest, quoted } from '../../base/index.js';
import {
  carriedName,
  DataError,
  exifTime,
  type ImageEntry,
  type ImageListing,
  isoMilliseconds,
  timeOf,
} from '../../data/index.js';
import { boundedExpression } from './bounded-expression.js';

/** What an image says of itself, and what its source says of it. */
interface Known {
  entry: ImageEntry;
  bytes: Uint8Array;
}

/** The time of an image, milliseconds since 1970; null where it is not known. */
export type TimeOf = (image: Known) => Promise<number | null>;
/** The group of an image: camera, site, clip; null where it is not known. */
export type GroupOf = (entry: ImageEntry) => string | null;

/**
 * @param from `exif`, `mtime`, `name:REGEX` or `column:NAME`
 * @throws DataError `BAD_OPTION`
 */
export function timeSource(from: string, listing: ImageListing): TimeOf {
  if (from === 'exif') return async ({ bytes }) => exifTime(bytes);
  if (from === 'mtime') return ({ entry }) => entry.modified();
  const [kind, rest] = parts(from);
  if (kind === 'name') {
    const found = boundedExpression('timestampFrom', rest);
    return async ({ entry }) => timeInName(found(entry.key));
  }
  if (kind !== 'column') throw badSource('timestampFrom', from, 'exif, mtime, name:REGEX and column:NAME');
  const place = columnPlace('timestampFrom', rest, listing);
  return async ({ entry }) => timeOf(entry.values[place] ?? null);
}

/**
 * @param from `folder:N`, counted from 1 at the beginning of the key, `name:REGEX` or `column:NAME`
 * @throws DataError `BAD_OPTION`
 */
export function groupSource(from: string, listing: ImageListing): GroupOf {
  const [kind, rest] = parts(from);
  if (kind === 'folder' && /^[1-9]\d{0,2}$/.test(rest)) {
    const place = Number(rest) - 1;
    return ({ key }) => key.split('/').slice(0, -1)[place] ?? null;
  }
  if (kind === 'name') {
    const found = boundedExpression('groupFrom', rest);
    return ({ key }) => found(key);
  }
  if (kind !== 'column') throw badSource('groupFrom', from, 'folder:1, name:REGEX and column:NAME');
  const place = columnPlace('groupFrom', rest, listing);
  return ({ values }) => carriedName(values[place] ?? null);
}

function parts(from: string): [kind: string, rest: string] {
  const colon = from.indexOf(':');
  return colon < 0 ? [from, ''] : [from.slice(0, colon), from.slice(colon + 1)];
}

function badSource(option: string, from: string, known: string): DataError {
  return new DataError('BAD_OPTION', `${option} ${quoted(from)}: ${known} are possible`);
}

function columnPlace(option: string, name: string, { columns, where }: ImageListing): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  const names = columns.map((column) => column.name);
  const close = nearest(name, names);
  const there = names.length === 0 ? 'there are none' : `there are ${names.map(quoted).join(', ')}`;
  throw new DataError('BAD_OPTION', `${option}: ${where} has no column ${quoted(name)}, ${there}`, {
    hint: close === null ? undefined : `Did you mean ${close}?`,
  });
}

/** Lengths of times that are digits alone: of a date, then with minutes, seconds, milliseconds. */
const DIGITS = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\d{3})?)?)?$/;
const EPOCH = /^\d{10}$|^\d{13}$/;

/** The time of a part of a name, in UTC: `2026-11-25_12-30-00`, `20261125T123000`, or seconds or milliseconds since 1970. */
function timeInName(text: string | null): number | null {
  if (text === null) return null;
  const digits = text.replace(/\D/g, '');
  if (EPOCH.test(digits)) return Number(digits.padEnd(13, '0'));
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '000'] = DIGITS.exec(digits) ?? [];
  if (year === undefined) return null;
  return isoMilliseconds(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`);
}
