/**
 * A list of images as tasks for Label Studio ("Basic Label Studio JSON format"): `data.image` is what its configuration names as
 * `$image`. There are no predictions in it: who sees the model's answer first labels less well. They are in `data`.
 */
import type { UnlikeRow } from '../../image-data.js';
import type { Thumbnails } from '../thumbnails.js';

export async function labelStudioList(
  window: string,
  rows: readonly UnlikeRow[],
  pictures: Thumbnails,
): Promise<string> {
  const tasks = await Promise.all(
    rows.map(async (row, i) => ({
      data: {
        image:
          row.location === null ? ((await pictures.dataUri(row.image)) ?? row.image.label) : servedAs(row.location),
        window,
        rank: i + 1,
        events: row.events,
        row: row.row,
        distance: row.distance,
        baseline_share: row.share,
        nearest_baseline_row: row.nearestRow,
        predicted: row.image.predicted,
        confidence: row.confidence,
        target: row.image.target,
        event_id: row.eventId,
      },
    })),
  );
  return `${JSON.stringify(tasks, null, 1)}\n`;
}

/** Label Studio serves files below its document root, which is `/` here; browsers open no paths. URLs stay. */
function servedAs(location: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return location;
  const path = location.replaceAll('\\', '/').replace(/^\/+/, '');
  return `/data/local-files/?d=${path.split('/').map(encodeURIComponent).join('/')}`;
}
