/**
 * Array elements as 8-bit pixels.
 *
 * uint8 is taken as it is; the other integer types are taken where every value lies in 0 to 255. Floats are refused:
 * whether 1.0 means white or nearly black, and whether a normalisation was applied, is not in the file. Who knows that they
 * are pixels divided by 255 says so (`unit`), and gets the pixels back exactly. Bool and strings are refused.
 */
import { DataError } from '../../data-error.js';
import type { NpyType, NpyValues } from '../../npy/dtype.js';
import type { NpyArray } from '../../npy/read.js';

/** Enough to tell 0 to 1 from 0 to 255. */
const ROWS_LOOKED_AT = 16;

/**
 * @param isUnit whether floats are pixels divided by 255
 * @throws DataError `IMAGES_DTYPE`, `IMAGES_FLOAT` with the range of the first rows and what to do about it
 */
export async function checkPixelType(array: NpyArray, where: string, isUnit: boolean): Promise<void> {
  const { type } = array.header;
  if (isUnit && type.kind === 'float') return;
  if (isUnit) {
    throw new DataError(
      'IMAGES_DTYPE',
      `${where}: images of dtype ${type.descr}, floats from 0 to 1 were said to be there`,
      {
        hint: 'Leave --pixels unit out.',
      },
    );
  }
  if (type.kind === 'uint' || type.kind === 'int') return;
  if (type.kind !== 'float') {
    throw new DataError('IMAGES_DTYPE', `${where}: images of dtype ${type.descr}, uint8 (0 to 255) is needed`);
  }
  for await (const { values, rows } of array.rows(ROWS_LOOKED_AT)) throw floatError(type, values, rows, where);
}

function floatError(type: NpyType, values: NpyValues, rows: number, where: string): DataError {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values as Iterable<number>) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = low <= high ? `${short(low)} to ${short(high)}` : 'NaN';
  return new DataError(
    'IMAGES_FLOAT',
    `${where}: images of dtype ${type.descr} (${range} in the first ${rows} rows), uint8 (0 to 255) is needed`,
    { hint: floatHint(low, high) },
  );
}

function floatHint(low: number, high: number): string {
  if (low >= 0 && high <= 1) return 'If they are pixels divided by 255: --pixels unit.';
  if (low >= 0 && high <= 255) return 'Save images.round().astype(np.uint8).';
  return 'Undo the normalisation: save ((images * std + mean) * 255).round().clip(0, 255).astype(np.uint8).';
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Twice the rounding error of a division by 255, in pixels: of float16, float32 and float64. */
const ROUNDING: ReadonlyMap<number, number> = new Map([
  [2, 2 ** -2],
  [4, 2 ** -15],
  [8, 2 ** -44],
]);

/**
 * Pixels that were divided by 255, exactly as they were.
 * @param itemBytes bytes of a value in the file: its precision
 * @throws DataError `IMAGES_RANGE` for a value that is no pixel divided by 255
 */
export function unitPixels(
  values: NpyValues,
  itemBytes: number,
  where: string,
  firstRow: number,
  rowLength: number,
): Uint8Array {
  const rounding = ROUNDING.get(itemBytes) ?? 0;
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < pixels.length; i++) {
    const scaled = 255 * (values[i] as number);
    const pixel = Math.round(scaled);
    if (!(pixel >= 0 && pixel <= 255 && Math.abs(scaled - pixel) <= rounding)) {
      const row = firstRow + Math.floor(i / rowLength);
      throw new DataError(
        'IMAGES_RANGE',
        `${where} row ${row}: ${values[i]} is no pixel from 0 to 255 divided by 255`,
        {
          hint: 'The images are resized or normalised floats: save them as uint8.',
        },
      );
    }
    pixels[i] = pixel;
  }
  return pixels;
}

/**
 * @param values of an integer type
 * @param firstRow row number of the first element, for errors
 * @param rowLength elements a row
 * @throws DataError `IMAGES_RANGE`
 */
export function toPixels(values: NpyValues, where: string, firstRow: number, rowLength: number): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < pixels.length; i++) {
    const value = values[i] as number;
    if (value < 0 || value > 255) {
      const row = firstRow + Math.floor(i / rowLength);
      throw new DataError('IMAGES_RANGE', `${where} row ${row}: the pixel value ${value} is outside 0 to 255`);
    }
    pixels[i] = value;
  }
  return pixels;
}
