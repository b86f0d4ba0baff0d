/** Images as rows of numbers: their statistics, and how bright their parts are, from pixels or from events. */
import { brightnessParts, IMAGE_STATISTICS, type Image, imageStatistics, type PixelBatch } from '../../data/index.js';
import type { DriftBatch, Matrix64 } from '../../drift/index.js';

/** An angle has no mean: it is taken as a place on the circle. */
const ANGLE = IMAGE_STATISTICS.indexOf('hue');
const PARTS = 64;
const BATCH_BYTES = 2 ** 22;

/** Columns that are statistics; those behind them are parts. */
export const STATISTIC_COLUMNS = IMAGE_STATISTICS.length + 1;
export const TABLE_COLUMNS = STATISTIC_COLUMNS + PARTS;

/** `[images, TABLE_COLUMNS]`; NaN where a statistic is not defined. */
export function imageTable(images: readonly Image[]): Matrix64 {
  const data = new Float64Array(images.length * TABLE_COLUMNS);
  for (let first = 0; first < images.length; ) {
    const batch = sameSize(images, first);
    const statistics = [...imageStatistics(batch).values()];
    for (let i = 0; i < batch.rows; i++) {
      const to = data.subarray((first + i) * TABLE_COLUMNS, (first + i + 1) * TABLE_COLUMNS);
      fillStatistics(to, (column) => statistics[column]![i]!);
      const parts = brightnessParts(images[first + i]!);
      // Value by value: setting an array of another type takes several times as long.
      for (let part = 0; part < PARTS; part++) to[STATISTIC_COLUMNS + part] = parts[part]!;
    }
    first += batch.rows;
  }
  return { rows: images.length, columns: TABLE_COLUMNS, data };
}

/** The images from `first` on that follow each other with one size, as many as 4 MB hold. */
function sameSize(images: readonly Image[], first: number): PixelBatch {
  const { height, width, data } = images[first]!;
  const most = Math.max(1, Math.floor(BATCH_BYTES / data.length));
  let end = first + 1;
  while (end < images.length && end - first < most && images[end]!.height === height && images[end]!.width === width)
    end++;
  const joined = new Uint8Array((end - first) * data.length);
  for (let i = first; i < end; i++) joined.set(images[i]!.data, (i - first) * data.length);
  return { rows: end - first, height, width, data: joined };
}

/** One row of `imageTable`, from events. */
export function eventTableRow({ statistics, images }: DriftBatch, row: number): Float64Array {
  const values = new Float64Array(TABLE_COLUMNS);
  fillStatistics(values, (column) => statistics?.[IMAGE_STATISTICS[column]!]?.[row] ?? Number.NaN);
  const grid = images?.grids?.[row];
  for (let part = 0; part < PARTS; part++) {
    const digits = typeof grid === 'string' ? grid.slice(2 * part, 2 * part + 2) : '';
    values[STATISTIC_COLUMNS + part] = Number.parseInt(digits, 16);
  }
  return values;
}

/** @param value of a statistic, by its number in `IMAGE_STATISTICS` */
function fillStatistics(to: Float64Array, value: (column: number) => number): void {
  for (let column = 0, at = 0; column < IMAGE_STATISTICS.length; column++) {
    if (column !== ANGLE) to[at++] = value(column);
    else {
      const angle = (value(column) * Math.PI) / 180;
      to[at++] = Math.cos(angle);
      to[at++] = Math.sin(angle);
    }
  }
}
