import { Random } from '../../base/index.js';
import { type CarriedValue, type ColumnChoice, type EventTableSchema, openEvents } from '../../data/index.js';
import {
  confidenceOf,
  countNearest,
  DEFAULT_GROUP,
  type DriftBatch,
  type Fact,
  labelColumn,
  type Profile,
  predictedOf,
  project,
  type Reference,
  type RowSample,
  withRelativeStatistics,
} from '../../drift/index.js';
import { type Exemplar, MAX_POINTS, type ReportProjection, type SceneSet, sceneOf } from '../../report/index.js';
import { comparedSchema, toDriftBatch, withEvents } from '../measure/event-batches.js';
import type { EventFile } from '../measure/event-files.js';
import { rowKey, type Thumbnails, type WantedRow } from './thumbnails.js';

interface RowDetails {
  cluster: number;
  predicted: string | null;
  target: string | null;
  imageUrl: string | null;
  /** The largest score; null without scores. */
  confidence: number | null;
  group: string | null;
  eventId?: string | null;
  /** Key of the image's file; null where the images are no files. */
  key?: string | null;
  facts?: readonly Fact[];
}

/** Columns of events that the report reads besides. */
const GROUP_COLUMN = DEFAULT_GROUP;
const KEY_COLUMN = 'image_path';
const CARRIED = [GROUP_COLUMN, KEY_COLUMN];

export type DetailsByRow = ReadonlyMap<string, RowDetails>;

/** Reads what the tables say of the wanted rows. A row that is absent has no entry. @throws DataError, FileError */
export async function readRowDetails(
  profile: Profile,
  tables: readonly EventFile[],
  columns: ColumnChoice,
  wanted: readonly WantedRow[],
): Promise<DetailsByRow> {
  const details = new Map<string, RowDetails>();
  for (const [table, { path }] of tables.entries()) {
    const rows = new Set(wanted.filter((one) => one.table === table).map(({ row }) => row));
    if (rows.size === 0) continue;
    for await (const [row, found] of detailsOf(profile, path, columns, rows)) {
      details.set(rowKey({ table, row }), found);
    }
  }
  return details;
}

/** A statistic of the image of each wanted row, by `rowKey`; none where it is not known. @throws DataError, FileError */
export async function readStatistics(
  tables: readonly EventFile[],
  columns: ColumnChoice,
  wanted: readonly (WantedRow & { statistic: string })[],
): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const [table, { path }] of tables.entries()) {
    const rows = new Map(wanted.filter((one) => one.table === table).map(({ row, statistic }) => [row, statistic]));
    if (rows.size === 0) continue;
    await withEvents(path, columns, async (events) => {
      let first = 0;
      for await (const { rows: count, statistics } of events.batches({ columns: ['statistics'] })) {
        const all = withRelativeStatistics(Object.fromEntries(statistics));
        for (let i = 0; i < count; i++) {
          const value = all[rows.get(first + i) ?? '']?.[i];
          if (value !== undefined && Number.isFinite(value)) values.set(rowKey({ table, row: first + i }), value);
        }
        first += count;
      }
    });
  }
  return values;
}

async function* detailsOf(profile: Profile, path: string, columns: ColumnChoice, rows: ReadonlySet<number>) {
  const events = await openEvents(path, { ...columns, knownClasses: profile.classes });
  try {
    const schema = comparedSchema(profile, events.schema, path);
    let first = 0;
    const columns = ['scores', 'targets', 'imageUrls', 'eventIds', 'carried'] as const;
    for await (const table of events.batches({ columns, carried: CARRIED })) {
      const batch = toDriftBatch(table, schema);
      const { labels } = countNearest(profile.centroids, batch.embeddings);
      for (let i = 0; i < table.rows; i++) {
        if (!rows.has(first + i)) continue;
        const { scores } = batch;
        const predicted = scores ? (schema.classes[predictedOf(scores, i)] ?? null) : holding(schema, batch, i);
        const confidence = scores ? confidenceOf(scores, i) : null;
        const [target, imageUrl, eventId] = [table.targets[i], table.imageUrls[i], table.eventIds[i]];
        const said = { target: target ?? null, imageUrl: imageUrl ?? null, eventId: eventId ?? null };
        const [group, key] = CARRIED.map((name) => textOf(table.carried?.get(name)?.[i]));
        const names = { group: group ?? null, key: key ?? null };
        yield [first + i, { cluster: labels[i]!, predicted, confidence, ...said, ...names }] as const;
      }
      first += table.rows;
    }
  } finally {
    await events.close();
  }
}

/** `mass, nodule`: the labels that hold; null where none of several does. */
function holding({ classes, thresholds }: EventTableSchema, { statistics }: DriftBatch, row: number): string | null {
  if (thresholds === undefined) return null;
  const names = classes.filter((label) => statistics?.[labelColumn('holds', label)]?.[row] === 1);
  return names.length === 0 ? null : names.join(', ');
}

function textOf(value: CarriedValue | undefined): string | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
}

export class PictureBook {
  readonly #places = new Map<string, number>();
  readonly thumbnails: Thumbnails;
  readonly #shownName: (path: string) => string;

  /** @param shownName of files and images, wherever they are named */
  constructor(wanted: readonly WantedRow[], thumbnails: Thumbnails, shownName: (path: string) => string) {
    this.thumbnails = thumbnails;
    this.#shownName = shownName;
    wanted.forEach((row, i) => {
      const place = thumbnails.places[i] ?? null;
      if (place !== null) this.#places.set(rowKey(row), place);
    });
  }

  exemplar(
    place: WantedRow,
    details: Pick<RowDetails, 'predicted' | 'target' | 'imageUrl' | 'facts'> | undefined,
  ): Exemplar {
    const { imageUrl = null, predicted = null, target = null, facts = [] } = details ?? {};
    const plain = this.thumbnails.plain.get(rowKey(place));
    const exemplar = {
      thumbnail: this.#places.get(rowKey(place)) ?? null,
      label: imageUrl === null ? `row ${place.row.toLocaleString('en')}` : this.#shownName(imageUrl),
      predicted,
      target,
      ...(plain !== undefined && { plain }),
    };
    if (facts.length === 0) return exemplar;
    return { ...exemplar, facts: facts.map(({ name, value }) => ({ name, value: this.#shownName(value) })) };
  }
}

/** A sample to show, limited to what the view has room for. */
export interface ShownSample {
  name: string;
  sample: RowSample;
  /** Number of rows to show, from the first on. A sample by smallest keys is random from either end. */
  rows: number;
  /** Place of a row by its number; null if its table is not available. */
  place(rowNumber: number): WantedRow | null;
}

export function shownSample(name: string, sample: RowSample, sets: number, place: ShownSample['place']): ShownSample {
  const room = Math.max(2, Math.ceil((2 * MAX_POINTS) / Math.max(2, sets)));
  return { name, sample, rows: Math.min(sample.coordinates.rows, room), place };
}

export function sampledPlaces({ sample, rows, place }: ShownSample): WantedRow[] {
  return [...sample.rowNumbers.subarray(0, rows)].map(place).filter((found) => found !== null);
}

/** @returns null if no sample has a row */
export function reportScene(
  profile: Profile,
  reference: Reference,
  samples: readonly ShownSample[],
  details: DetailsByRow,
  book: PictureBook,
  options: { seed: number; umap: boolean },
): ReportProjection | null {
  const random = new Random(options.seed);
  const centroids = project(reference.projection, profile.centroids);
  const sets = samples.map(({ name, sample, rows, place }): SceneSet => {
    const { columns, data } = sample.coordinates;
    const coordinates = { rows, columns, data: data.subarray(0, rows * columns) };
    const { labels } = countNearest(centroids, coordinates);
    return {
      name,
      coordinates,
      point(row) {
        const number = sample.rowNumbers[row] as number;
        const found = place(number) ?? { table: -1, row: number };
        const known = details.get(rowKey(found)) ?? {
          cluster: labels[row] as number,
          predicted: profile.classes[sample.predicted[row] as number] ?? null,
          target: null,
          imageUrl: null,
          confidence: null,
          group: null,
        };
        const { cluster, confidence, group } = known;
        return { ...book.exemplar(found, known), cluster, confidence, group };
      },
    };
  });
  return sceneOf(sets, () => random.uniform(), { umap: options.umap });
}
