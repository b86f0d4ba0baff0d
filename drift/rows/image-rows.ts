/** What a batch says of the images behind its rows, to find repeated and bad ones. */

/** Each member is `[rows]`, or null where there is no such column. */
export interface ImageRows {
  /** sha256 of the bytes of each image's file, 64 hex digits. Anything else is not known. */
  bytes: readonly unknown[] | null;
  /** Perceptual hash of each image, 16 hex digits. Anything else is not known. */
  looks: readonly unknown[] | null;
  /** How bright each of 8 × 8 parts of each image is, 128 hex digits. Anything else is not known. */
  grids: readonly unknown[] | null;
  /** cleanvision's scores, 0 to 1, the lower, the worse; NaN where not known. */
  dark: ArrayLike<number> | null;
  bright: ArrayLike<number> | null;
  blurred: ArrayLike<number> | null;
  /** Pixels, before any resize; NaN where not known. */
  width: ArrayLike<number> | null;
  height: ArrayLike<number> | null;
}

/** Some of the rows, in the given order. */
export function takeImageRows(images: ImageRows, rows: readonly number[]): ImageRows {
  const values = (column: readonly unknown[] | null) => column && rows.map((row) => column[row]);
  const numbers = (column: ArrayLike<number> | null) =>
    column && Float64Array.from(rows, (row) => column[row] ?? Number.NaN);
  return {
    bytes: values(images.bytes),
    looks: values(images.looks),
    grids: values(images.grids),
    dark: numbers(images.dark),
    bright: numbers(images.bright),
    blurred: numbers(images.blurred),
    width: numbers(images.width),
    height: numbers(images.height),
  };
}
