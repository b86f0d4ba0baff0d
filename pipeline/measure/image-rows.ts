/** The columns of a table that say something of its images, as a comparison needs them. */
import type { CarriedValue } from '../../data/index.js';
import type { ImageRows } from '../../drift/index.js';

const COLUMNS: Readonly<Record<keyof ImageRows, string>> = {
  bytes: 'image_sha256',
  looks: 'image_phash',
  dark: 'image_dark_score',
  bright: 'image_bright_score',
  blurred: 'image_blurred_score',
  width: 'image_width',
  height: 'image_height',
};

export const IMAGE_ROW_COLUMNS: readonly string[] = Object.values(COLUMNS);

/** Null if the table has none of the columns. Values of another type are not known. */
export function imageRows(carried: ReadonlyMap<string, readonly CarriedValue[]>): ImageRows | null {
  if (!IMAGE_ROW_COLUMNS.some((name) => carried.has(name))) return null;
  const values = (name: keyof ImageRows) => carried.get(COLUMNS[name]) ?? null;
  return {
    bytes: values('bytes'),
    looks: values('looks'),
    dark: numbers(values('dark')),
    bright: numbers(values('bright')),
    blurred: numbers(values('blurred')),
    width: numbers(values('width')),
    height: numbers(values('height')),
  };
}

function numbers(values: readonly CarriedValue[] | null): Float64Array | null {
  return values && Float64Array.from(values, (value) => (typeof value === 'number' ? value : Number.NaN));
}
