/** A list of images as csv (RFC 4180), with the columns of `drift --ranked` that are known here, and the image's place. */
import { type CsvValue, csvToRead } from '../../../base/index.js';
import type { UnlikeRow } from '../../image-data.js';

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
  'confidence',
  'target',
  'image',
  'event_id',
] as const;

export function csvList(window: string, rows: readonly UnlikeRow[]): string {
  const lines = rows.map(
    (row, i): Record<(typeof COLUMNS)[number], CsvValue> => ({
      rank: i + 1,
      window,
      events: row.events,
      row: row.row,
      distance: row.distance,
      baseline_share: row.share,
      nearest_baseline_row: row.nearestRow,
      cluster: row.cluster === null ? null : row.cluster + 1,
      predicted: row.image.predicted,
      confidence: row.confidence,
      target: row.image.target,
      image: row.location ?? row.image.label,
      event_id: row.eventId,
    }),
  );
  return csvToRead(COLUMNS, lines, '\r\n');
}
