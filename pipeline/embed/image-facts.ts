import { boundedMatch } from '#platform';
import { nearest, quoted } from '../../base/index.js';
import {
  type CarriedColumn,
  type CarriedValue,
  carriedName,
  DataError,
  type DepthRange,
  IMAGE_FILE_COLUMNS,
  IMAGE_LOOK_COLUMNS,
  type ImageEntry,
  type ImageListing,
  type ImageLook,
  isoMilliseconds,
  type ReadyImage,
  TIMESTAMP,
  timeOf,
} from '../../data/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import { DepthTally } from './depth-notices.js';
import type { BatchFacts } from './embed-input.js';

const PATH = 'image_path';
const GROUP: CarriedColumn = { name: 'group', type: 'string' };

type ReadImage = Omit<ReadyImage, 'pixels' | 'statistics'> & { entry: ImageEntry };

export interface ImageFacts {
  hasTimestamps: boolean;
  columns: readonly CarriedColumn[];
  /** The time of an image, and a value for each column. */
  of(image: ReadImage): Promise<{ timestamp: number | null; carried: readonly CarriedValue[] }>;
  /** Counts images that an earlier run looked at: what it found is part of the notices. */
  restore(facts: Pick<BatchFacts, 'timestamps' | 'carried' | 'turned' | 'depth'>): void;
  /** @param range that of the weights */
  notices(range: DepthRange | undefined): readonly string[];
}

export function imageFacts(listing: ImageListing, options: EmbedImagesOptions): ImageFacts {
  const { timestamp, timestampFrom, groupFrom, redactPaths, orientation } = options;
  if (timestamp !== undefined && timestampFrom !== undefined) {
    throw new DataError('BAD_OPTION', 'timestamp and timestampFrom are both given; one says when images were taken');
  }
  const time = timestampFrom === undefined ? null : timeSource(timestampFrom, listing);
  const group = groupFrom === undefined ? null : groupSource(groupFrom, listing);
  const files = IMAGE_FILE_COLUMNS.map((column, place) => ({ column, place })).filter(
    ({ column }) => !(redactPaths && column.name === PATH),
  );
  // A column that was read as the time or the group is there under that name already.
  const own = listing.columns
    .map((column, place) => ({ column, place }))
    .filter(({ column }) => !(time && column.name === TIMESTAMP) && !(group && column.name === GROUP.name));
  const named = (found: typeof files) => found.map(({ column }) => column);
  const columns = [...named(files), ...lookColumns(options), ...named(own)];
  let [withoutTime, withoutGroup, turned] = [0, 0, 0];
  const depth = new DepthTally();
  return {
    hasTimestamps: timestamp !== undefined || time !== null,
    columns: group === null ? columns : [...columns, GROUP],
    async of(image) {
      const { entry } = image;
      const taken = time === null ? (timestamp ?? null) : await time(image);
      if (time !== null && taken === null) withoutTime++;
      if (image.orientation !== 1) turned++;
      depth.add(entry.key, image);
      const { facts, format, width, height } = image;
      const all = [entry.key, width, height, format, facts?.bytes ?? null, facts?.sha256 ?? null];
      const carried = [
        ...files.map(({ place }) => all[place] ?? null),
        ...lookValues(image.look),
        ...own.map(({ place }) => entry.values[place] ?? null),
      ];
      if (group === null) return { timestamp: taken, carried };
      const found = group(entry);
      if (found === null) withoutGroup++;
      return { timestamp: taken, carried: [...carried, found] };
    },
    restore(facts) {
      if (time !== null) withoutTime += nulls(facts.timestamps);
      if (group !== null) withoutGroup += nulls(facts.carried.get(GROUP.name) ?? []);
      turned += facts.turned;
      depth.merge(facts.depth);
    },
    notices: (range) => [
      ...(withoutTime > 0 ? [`${images(withoutTime)} no time from ${timestampFrom}: their timestamp is empty.`] : []),
      ...(withoutGroup > 0 ? [`${images(withoutGroup)} no group from ${groupFrom}: it is empty.`] : []),
      ...(turned > 0 && orientation !== 'apply'
        ? [`${images(turned)} an EXIF orientation, which is ignored; --orientation apply turns them.`]
        : []),
      ...depth.notices(range),
    ],
  };
}

export function lookColumns({ statistics = true }: EmbedImagesOptions): readonly CarriedColumn[] {
  return statistics ? IMAGE_LOOK_COLUMNS : [];
}

/** A value for each of `lookColumns`. */
export function lookValues(look: ImageLook | null): CarriedValue[] {
  return look === null ? [] : [look.phash, look.dark, look.bright, look.blurred, look.grid];
}

function nulls(values: readonly unknown[]): number {
  return values.filter((value) => value === null).length;
}

function images(count: number): string {
  return count === 1 ? '1 image has' : `${count.toLocaleString('en')} images have`;
}

/** The time of an image, milliseconds since 1970; null where it is not known. */
export type TimeOf = (image: Pick<ReadImage, 'entry' | 'facts'>) => Promise<number | null>;
export type GroupOf = (entry: ImageEntry) => string | null;

/**
 * Where an image's time and group come from: `--timestamp-from` and `--group-from`.
 * @param from `exif`, `mtime`, `name:REGEX` or `column:NAME` @throws DataError `BAD_OPTION`
 */
function timeSource(from: string, listing: ImageListing): TimeOf {
  if (from === 'exif') return async ({ facts }) => facts?.taken ?? null;
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

/** @param from `folder:N` of the key, counted from 1, `name:REGEX` or `column:NAME` @throws DataError `BAD_OPTION` */
function groupSource(from: string, listing: ImageListing): GroupOf {
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
  const hint = close === null ? undefined : `Did you mean ${close}?`;
  throw new DataError('BAD_OPTION', `${option}: ${where} has no column ${quoted(name)}, ${there}`, { hint });
}

/** Lengths of times that are digits alone: of a date, then with minutes, seconds, milliseconds. */
const DIGITS = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\d{3})?)?)?$/;
const EPOCH = /^\d{10}$|^\d{13}$/;

/** The UTC time in a part of a name: `2026-11-25_12-30-00`, `20261125T123000`, or s or ms since 1970. */
function timeInName(text: string | null): number | null {
  if (text === null) return null;
  const digits = text.replace(/\D/g, '');
  if (EPOCH.test(digits)) return Number(digits.padEnd(13, '0'));
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '000'] = DIGITS.exec(digits) ?? [];
  if (year === undefined) return null;
  return isoMilliseconds(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`);
}

/** A match takes microseconds. */
const MOST_MS = 400;
/** Longer ones take seconds to be compiled, which nothing ends. */
const MOST_CHARACTERS = 2_000;
const HINT = 'Write it without a repetition inside of a repetition: a+ instead of (a+)+.';

/**
 * A match's first group, or all of it without groups; null where nothing matches. @param option of the expression
 * @throws DataError `BAD_OPTION`, also when the function is called
 */
export function boundedExpression(option: string, source: string): (text: string) => string | null {
  const matching = boundedMatch(compiled(option, source), MOST_MS);
  return (text) => {
    const match = once(matching, text) ?? once(matching, text);
    if (match instanceof Error) {
      throw new DataError('BAD_OPTION', `${option}: ${quoted(source)} cannot be applied to ${quoted(text)}`, {
        cause: match,
      });
    }
    if (match !== undefined) return match.first;
    const message = `${option}: ${quoted(source)} takes more than ${MOST_MS} ms for ${quoted(text)}`;
    const hint = HINT;
    throw new DataError('BAD_OPTION', message, { hint });
  };
}

type Matching = ReturnType<typeof boundedMatch>;

/** Undefined where it took too long; an error where the expression is too large, which is found out when it is used. */
function once(matching: Matching, text: string): { first: string | null } | Error | undefined {
  try {
    const match = matching(text);
    return { first: match === null ? null : (match[1] ?? match[0]) };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? undefined : new Error(message);
  }
}

function compiled(option: string, source: string): RegExp {
  if (source.length > MOST_CHARACTERS) {
    const lengths = `${source.length.toLocaleString('en')} characters, at most ${MOST_CHARACTERS.toLocaleString('en')}`;
    throw new DataError('BAD_OPTION', `${option}: an expression of ${lengths} are possible`);
  }
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new DataError('BAD_OPTION', `${option}: ${quoted(source)} is no regular expression`, { cause: error });
  }
}
