/** Reads several event tables as one stream. Row numbers count over all files: a window may hold rows of any. */

import { join } from '#platform';
import { csvToRead } from '../../base/index.js';
import {
  type CarriedColumn,
  type CarriedValue,
  type ColumnChoice,
  type EventBatch,
  type ImageSource,
  imageSourceFrom,
  openEvents,
} from '../../data/index.js';
import type { DriftBatch, Fact, Profile, RankedRow } from '../../drift/index.js';
import type { MeasureOptions } from '../options/index.js';
import { checkRows, comparedSchema, toDriftBatch } from './event-batches.js';
import { comparedGroups, rowSegments } from './row-groups.js';

export interface EventFile {
  path: string;
  /** Number of the file's first row among the rows of all files. */
  firstRow: number;
  rows: number;
  images: ImageSource | null;
  /** Columns of the table that are no embeddings, scores or anything else that is compared. */
  carried: readonly CarriedColumn[];
}

export interface NumberedBatch {
  file: EventFile;
  /** The rows; `rowNumbers` count over all files. */
  batch: DriftBatch;
  imageUrls: readonly (string | null)[];
  eventIds: readonly (string | null)[];
  /** What the carried columns say of a row of the batch. */
  factsOf(row: number): readonly Fact[];
}

const READ = ['scores', 'targets', 'timestamps', 'statistics', 'imageUrls', 'carried'] as const;

/**
 * All rows of the tables, in order. @param files a file's `rows` is right once the next one has begun, or at the end
 * @throws DataError, FileError, and DriftError for a table of another model, which names the table
 */
export async function* numberedBatches(
  profile: Profile,
  paths: readonly string[],
  { columns, eventIds, group, by }: Pick<MeasureOptions, 'group' | 'by'> & { columns: ColumnChoice; eventIds: boolean },
  files: EventFile[],
): AsyncIterable<NumberedBatch> {
  let next = 0;
  for (const path of paths) {
    const events = await openEvents(path, { ...columns, knownClasses: profile.classes });
    try {
      const schema = comparedSchema(profile, events.schema, path);
      const { images, carried = [] } = schema;
      const groups = await comparedGroups(group, profile.groups?.name ?? null, events, path);
      const told = { groups, segments: rowSegments(by, schema, path) };
      const file: EventFile = { path, firstRow: next, rows: 0, images, carried };
      files.push(file);
      for await (const table of events.batches({ columns: eventIds ? [...READ, 'eventIds'] : READ })) {
        checkRows(path, table, schema, file.rows);
        const rowNumbers = Int32Array.from({ length: table.rows }, (_, i) => next + i);
        next += table.rows;
        file.rows += table.rows;
        const batch = { ...toDriftBatch(table, schema, told), rowNumbers };
        const { imageUrls, eventIds } = table;
        yield { file, batch, imageUrls, eventIds, factsOf: (row) => carriedFacts(carried, table, row) };
      }
    } finally {
      await events.close();
    }
  }
}

/** The last name of a path or an address: what is left of it where paths are not to be shown. */
export function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

/** Finds the file of a row number, and the row's number in that file. */
export function placeOf(files: readonly EventFile[], rowNumber: number): { file: number; row: number } {
  const file = files.findLastIndex(({ firstRow }) => firstRow <= rowNumber);
  return { file, row: rowNumber - (files[file] as EventFile).firstRow };
}

/** As many as fit beside an image; longer text is cut. */
const MOST_FACTS = 8;
const MOST_CHARACTERS = 60;

function carriedFacts(columns: readonly CarriedColumn[], { carried }: EventBatch, row: number): Fact[] {
  return columns
    .flatMap(({ name, type }) => {
      const value = carried?.get(name)?.[row] ?? null;
      return value === null ? [] : [{ name: shortened(name), value: shortened(textOf(type, value)) }];
    })
    .slice(0, MOST_FACTS);
}

function textOf(type: CarriedColumn['type'], value: CarriedValue): string {
  const isTime = type === 'timestamp' && typeof value === 'number' && Math.abs(value) <= 8.64e15;
  return isTime ? new Date(value).toISOString() : String(value);
}

function shortened(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}

const RANKED_COLUMNS =
  'rank window events row distance baseline_share nearest_baseline_row cluster predicted target timestamp image_url event_id flags chosen_by';

/** The rows most unlike the baseline, as csv (RFC 4180), most unlike first. @param paths whole ones, or last names */
export function rankedCsv(rows: readonly RankedRow[], files: readonly EventFile[], paths: boolean): string {
  const shown = paths ? (path: string) => path : lastName;
  const lines = rows.map((row, index) => rankedLine(row, index + 1, files, shown));
  return csvToRead(RANKED_COLUMNS.split(' '), lines);
}

function rankedLine(row: RankedRow, rank: number, files: readonly EventFile[], shown: (path: string) => string) {
  const place = placeOf(files, row.rowNumber);
  return {
    rank,
    window: row.window,
    events: shown(files[place.file]!.path),
    row: place.row,
    distance: Number(row.distance.toPrecision(9)),
    baseline_share: Number(row.share.toPrecision(6)),
    nearest_baseline_row: row.nearestRow,
    // As in the report and in causes.
    cluster: row.cluster + 1,
    predicted: row.predicted,
    target: row.target,
    timestamp: row.timestamp === null ? null : new Date(row.timestamp).toISOString(),
    image_url: row.imageUrl === null ? null : shown(row.imageUrl),
    event_id: row.eventId,
    flags: row.flags?.join(' ') ?? null,
    chosen_by: 'unlikeness',
  };
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Whether a name is a URL of any kind: of a file that may be of others than those which are read here. */
export function hasScheme(name: string): boolean {
  return SCHEME.test(name);
}

/** Where the file of an image is: a path or a URL; null where it has none of its own that is known. */
export function locationOf(
  { path, images }: Pick<EventFile, 'path' | 'images'>,
  key: string | null,
  imageUrl: string | null,
): string | null {
  if (key !== null && hasScheme(key)) return key;
  if (key !== null && images !== null && 'files' in images && 'folder' in images.files) {
    const folder = imageSourceFrom(images.files.folder, path);
    return hasScheme(folder) ? `${folder}/${key}` : join(folder, key);
  }
  return imageUrl !== null && hasScheme(imageUrl) ? imageUrl : null;
}
