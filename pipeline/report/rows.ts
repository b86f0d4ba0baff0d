/** Finds single rows of event tables by place for the report: their predictions and pictures. */
import { openEvents } from '../../data/index.js';
import { countNearest, type Profile, predictedOf } from '../../drift/index.js';
import type { Exemplar } from '../../report/index.js';
import { toDriftBatch } from '../measure/event-batches.js';
import type { EventFile } from '../measure/event-files.js';
import { rowKey, type Thumbnails, type WantedRow } from './thumbnails.js';

export interface RowDetails {
  /** Index among the profile's centroids. */
  cluster: number;
  predicted: string | null;
  target: string | null;
  imageUrl: string | null;
}

/** Details by `rowKey`. */
export type DetailsByRow = ReadonlyMap<string, RowDetails>;

/**
 * Reads what the tables say of the wanted rows. A row that is absent has no entry.
 *
 * @throws DataError, FileError
 */
export async function readRowDetails(
  profile: Profile,
  tables: readonly EventFile[],
  wanted: readonly WantedRow[],
  shownName: (path: string) => string,
): Promise<DetailsByRow> {
  const details = new Map<string, RowDetails>();
  for (const [table, { path }] of tables.entries()) {
    const rows = new Set(wanted.filter((one) => one.table === table).map(({ row }) => row));
    if (rows.size === 0) continue;
    for await (const [row, found] of detailsOf(profile, path, rows)) {
      const imageUrl = found.imageUrl && shownName(found.imageUrl);
      details.set(rowKey({ table, row }), { ...found, imageUrl });
    }
  }
  return details;
}

async function* detailsOf(
  profile: Profile,
  path: string,
  rows: ReadonlySet<number>,
): AsyncGenerator<[number, RowDetails], void, undefined> {
  const events = await openEvents(path);
  try {
    let first = 0;
    for await (const table of events.batches({ columns: ['scores', 'targets', 'imageUrls'] })) {
      const batch = toDriftBatch(table, events.schema);
      const { labels } = countNearest(profile.centroids, batch.embeddings);
      for (let i = 0; i < table.rows; i++) {
        if (!rows.has(first + i)) continue;
        const predicted = batch.scores ? (events.schema.classes[predictedOf(batch.scores, i)] ?? null) : null;
        const [target, imageUrl] = [table.targets[i] ?? null, table.imageUrls[i] ?? null];
        yield [first + i, { cluster: labels[i] as number, predicted, target, imageUrl }];
      }
      first += table.rows;
    }
  } finally {
    await events.close();
  }
}

/** The pictures, by row. */
export class PictureBook {
  readonly #places = new Map<string, number>();

  constructor(
    wanted: readonly WantedRow[],
    readonly thumbnails: Thumbnails,
  ) {
    wanted.forEach((row, i) => {
      const place = thumbnails.places[i] ?? null;
      if (place !== null) this.#places.set(rowKey(row), place);
    });
  }

  /** A row as the report shows it. */
  exemplar(place: WantedRow, details: Omit<RowDetails, 'cluster'> | undefined): Exemplar {
    return {
      thumbnail: this.#places.get(rowKey(place)) ?? null,
      label: details?.imageUrl ?? `row ${place.row.toLocaleString('en')}`,
      predicted: details?.predicted ?? null,
      target: details?.target ?? null,
    };
  }
}
