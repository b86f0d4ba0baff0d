/** A list of images as csv (RFC 4180): the columns of `drift --ranked` that are known here, and the image's place. */
import { type CsvValue, csvToRead } from '../../base/index.js';
import type { UnlikeImages } from '../section-data.js';
import type { Thumbnails } from './thumbnails.js';

const COLUMNS = [
  ...['rank', 'window', 'events', 'row', 'distance', 'baseline_share', 'nearest_baseline_row', 'cluster'],
  ...['predicted', 'confidence', 'target', 'image', 'event_id', 'chosen_by'],
] as const;

function csvList(window: string, { rows, by }: UnlikeImages): string {
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
      chosen_by: by ?? 'unlikeness',
    }),
  );
  return csvToRead(COLUMNS, lines, '\r\n');
}

/**
 * Tasks for Label Studio ("Basic Label Studio JSON format"): `data.image` is what its configuration names as `$image`.
 * The model's answer is in `data`, not in predictions: who sees it first labels less well.
 */
async function labelStudioList(window: string, { rows, by }: UnlikeImages, pictures: Thumbnails): Promise<string> {
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
        chosen_by: by ?? 'unlikeness',
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

interface DownloadedFile {
  file: string;
  type: string;
  text: string;
}

export interface Download {
  name: string;
  title: string;
  about: string;
  note: string | null;
  make(): Promise<DownloadedFile>;
}

export function downloads(window: string, unlike: UnlikeImages, pictures: Thumbnails): Download[] {
  const base = fileName(window);
  const { rows } = unlike;
  const homeless = rows.filter(({ location }) => location === null).length;
  return [
    {
      name: 'CSV',
      title: `Download the images of ${window} as CSV`,
      about: 'A line for each image, with the columns of drift --ranked',
      note: null,
      make: async () => ({ file: `${base}.csv`, type: 'text/csv', text: csvList(window, unlike) }),
    },
    {
      name: 'Label Studio',
      title: `Download the images of ${window} as tasks of Label Studio`,
      about: 'JSON; a labelling configuration with an Image of value="$image" is needed',
      note:
        homeless > 0
          ? `${homeless} of ${rows.length} images have no file of their own: Label Studio gets the pictures of this page.`
          : null,
      make: async () => ({
        file: `${base}.label-studio.json`,
        type: 'application/json',
        text: await labelStudioList(window, unlike, pictures),
      }),
    },
  ];
}

/** The name of a window without what a file system may not take. */
function fileName(window: string): string {
  const safe = window
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[._]+/, '')
    .slice(0, 80);
  return `${safe === '' ? 'window' : safe}-unlike`;
}
