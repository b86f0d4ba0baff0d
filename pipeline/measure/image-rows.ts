/** The columns of a table that say something of its images, as a comparison needs them. */
import type { CarriedValue, EventTableSchema } from '../../data/index.js';
import type { ImageRows } from '../../drift/index.js';

const COLUMNS: Readonly<Record<keyof ImageRows, string>> = {
  bytes: 'image_sha256',
  looks: 'image_phash',
  grids: 'image_grid',
  dark: 'image_dark_score',
  bright: 'image_bright_score',
  blurred: 'image_blurred_score',
  width: 'image_width',
  height: 'image_height',
};

export const IMAGE_ROW_COLUMNS: readonly string[] = Object.values(COLUMNS);
/** Those that a profile is fitted on. */
export const IMAGE_SIZE_COLUMNS: readonly string[] = [COLUMNS.width, COLUMNS.height];

export function hasImageRows({ carried = [] }: EventTableSchema): boolean {
  return carried.some(({ name, type }) => type !== 'other' && IMAGE_ROW_COLUMNS.includes(name));
}

/** Values of another type are not known. */
export function imageRows(carried: ReadonlyMap<string, readonly CarriedValue[]>): ImageRows {
  const values = (name: keyof ImageRows) => carried.get(COLUMNS[name]) ?? null;
  return {
    bytes: values('bytes'),
    looks: values('looks')?.map(hexText) ?? null,
    grids: values('grids'),
    dark: numbers(values('dark')),
    bright: numbers(values('bright')),
    blurred: numbers(values('blurred')),
    width: numbers(values('width')),
    height: numbers(values('height')),
  };
}

/** Where all hashes of a csv file are digits, they were read as numbers. */
function hexText(value: CarriedValue): CarriedValue {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value).padStart(16, '0') : value;
}

function numbers(values: readonly CarriedValue[] | null): Float64Array | null {
  if (values === null) return null;
  const found = new Float64Array(values.length).fill(Number.NaN);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (typeof value === 'number') found[row] = value;
  }
  return found;
}
