/** The rows that are most unlike the baseline, as csv (RFC 4180): a line a row, most unlike first. Unknown values are empty. */

import { type CsvValue, csvToRead } from '../../base/index.js';
import type { RankedRow } from '../../drift/index.js';
import { type EventFile, lastName, placeOf } from './event-files.js';

const COLUMNS = [
  'rank',
  'window',
  'events',
  'row',
  'distance',
  'baseline_share',
  'nearest_baseline_row',
  'cluster',
  'predicted',
  'target',
  'timestamp',
  'image_url',
  'event_id',
] as const;

type Line = Record<(typeof COLUMNS)[number], CsvValue>;

/** @param paths whether files and images are named by their whole paths, or by their last names */
export function rankedCsv(rows: readonly RankedRow[], files: readonly EventFile[], paths: boolean): string {
  const shown = paths ? (path: string) => path : lastName;
  return csvToRead(
    COLUMNS,
    rows.map((row, index) => lineOf(row, index + 1, files, shown)),
  );
}

function lineOf(row: RankedRow, rank: number, files: readonly EventFile[], shown: (path: string) => string): Line {
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
  };
}
