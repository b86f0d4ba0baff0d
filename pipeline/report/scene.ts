/**
 * Builds the 3-D view: samples of the baseline and the windows, as points in the principal components of the profile.
 */

import { Random } from '../../base/index.js';
import { countNearest, type Profile, project, type Reference, type RowSample } from '../../drift/index.js';
import { MAX_POINTS, type ReportProjection, type SceneSet, sceneOf } from '../../report/index.js';
import type { DetailsByRow, PictureBook } from './rows.js';
import { rowKey, type WantedRow } from './thumbnails.js';

/** A sample to show, limited to what the view has room for. */
export interface ShownSample {
  name: string;
  sample: RowSample;
  /** Number of rows to show, from the first on. A sample by smallest keys is random from either end. */
  rows: number;
  /** Place of a row by its number; null if its table is not available. */
  place(rowNumber: number): WantedRow | null;
}

/** @param sets number of sets that share the view */
export function shownSample(name: string, sample: RowSample, sets: number, place: ShownSample['place']): ShownSample {
  const room = Math.max(2, Math.ceil((2 * MAX_POINTS) / Math.max(2, sets)));
  return { name, sample, rows: Math.min(sample.coordinates.rows, room), place };
}

/** Places of all rows to show. */
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
