/** Images as rows of numbers: their statistics, and how bright their parts are, from pixels or from events. */
import { brightnessParts, IMAGE_STATISTICS, type Image, imageStatistics, type PixelBatch } from '../../data/index.js';
import type { DriftBatch, Matrix64 } from '../../drift/index.js';

/** An angle has no mean: it is taken as a place on the circle. */
const ANGLE = 'hue';
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
    const statistics = imageStatistics(batch);
    for (let i = 0; i < batch.rows; i++) {
      const to = data.subarray((first + i) * TABLE_COLUMNS, (first + i + 1) * TABLE_COLUMNS);
      fillStatistics(to, (name) => statistics.get(name)![i]!);
      to.set(brightnessParts(images[first + i]!), STATISTIC_COLUMNS);
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
  fillStatistics(values, (name) => statistics?.[name]?.[row] ?? Number.NaN);
  const grid = images?.grids?.[row];
  for (let part = 0; part < PARTS; part++) {
    const digits = typeof grid === 'string' ? grid.slice(2 * part, 2 * part + 2) : '';
    values[STATISTIC_COLUMNS + part] = Number.parseInt(digits, 16);
  }
  return values;
}

function fillStatistics(to: Float64Array, value: (name: (typeof IMAGE_STATISTICS)[number]) => number): void {
  let at = 0;
  for (const name of IMAGE_STATISTICS) {
    if (name !== ANGLE) to[at++] = value(name);
    else {
      const angle = (value(name) * Math.PI) / 180;
      to[at++] = Math.cos(angle);
      to[at++] = Math.sin(angle);
    }
  }
}
