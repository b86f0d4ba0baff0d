/**
 * A column of someone else's table that has no meaning here. It is carried along: named, kept beside its rows, sent to
 * Fiddler where a model was onboarded with it, and never taken for a score.
 *
 * @example
 * ```ts
 * import type { CarriedColumn } from 'image-drift/data';
 *
 * const site: CarriedColumn = { name: 'site', type: 'string' };
 * ```
 */
export interface CarriedColumn {
  /** Its name in the table. */
  name: string;
  /** What its values are; `other`: lists, structs or bytes, which are named and not read. */
  type: 'string' | 'integer' | 'float' | 'boolean' | 'timestamp' | 'other';
}

/** Whole numbers beyond 2^53 are bigints, times milliseconds since 1970. Text that does not fit its type stays text. */
export type CarriedValue = string | number | bigint | boolean | null;

/** What a value names, such as a group or a segment; null where there is none, or not a character. */
export function carriedName(value: CarriedValue): string | null {
  return value === null || value === '' ? null : String(value);
}

/** What `embed` says of each image file. */
export const IMAGE_FILE_COLUMNS: readonly CarriedColumn[] = [
  { name: 'image_path', type: 'string' },
  { name: 'image_width', type: 'integer' },
  { name: 'image_height', type: 'integer' },
  { name: 'image_format', type: 'string' },
  { name: 'image_bytes', type: 'integer' },
  { name: 'image_sha256', type: 'string' },
];

/** What `embed` says of each image, file or not: perceptual hash, cleanvision's scores, and how bright its parts are. */
export const IMAGE_LOOK_COLUMNS: readonly CarriedColumn[] = [
  { name: 'image_phash', type: 'string' },
  { name: 'image_dark_score', type: 'float' },
  { name: 'image_bright_score', type: 'float' },
  { name: 'image_blurred_score', type: 'float' },
  { name: 'image_grid', type: 'string' },
];

const EMBEDS = new Set([...IMAGE_FILE_COLUMNS, ...IMAGE_LOOK_COLUMNS].map(({ name }) => name));

/** Whether a column has the name of one that `embed` makes: nobody wonders that it is left out. */
export function isEmbedsColumn({ name }: Pick<CarriedColumn, 'name'>): boolean {
  return EMBEDS.has(name);
}
