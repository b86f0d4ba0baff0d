import { checkDimensions } from '../clustering/assign.js';
import { DriftError, grouped } from '../drift-error.js';
import { checkShape, isRowUsable, type Matrix } from '../linear/matrix.js';

/** Milliseconds. */
export const DAY = 86_400_000;

/** `[rows]` of each column: the segment of each row, null where it is in none. */
export type SegmentColumns = Readonly<Record<string, readonly (string | null)[]>>;

export interface DriftBatch {
  /** `[rows, dimensions]`. */
  embeddings: Matrix;
  /**
   * Softmax, `[rows, classes]`, columns in the order of the classes; absent or null where not known, and where several
   * classes may hold: their scores are among the statistics (`labelColumns`).
   */
  scores?: Matrix | null | undefined;
  /** `[rows]`: the true class by name, null without a label; absent or null where there are no labels at all. */
  targets?: readonly (string | null)[] | null | undefined;
  /** `[rows]`: milliseconds since 1970, UTC, null where not known. */
  timestamps?: readonly (number | null)[] | null | undefined;
  /** `[rows]`: what each row belongs to, such as its clip; null if alone. Absent: near-duplicates and order decide. */
  groups?: readonly (string | null)[] | null | undefined;
  /** What each row is a segment of: column → `[rows]`; absent or null where nobody asked for segments. */
  segments?: SegmentColumns | null | undefined;
  /** `[rows]`: the number of each row in its file; absent if the file's batches come whole and in order. */
  rowNumbers?: ArrayLike<number> | null | undefined;
  /** More numbers for each row, e.g. the brightness of its image: name → `[rows]`, NaN where not known. */
  statistics?: Readonly<Record<string, ArrayLike<number>>> | null | undefined;
  /** What is known of the rows' images as files; absent or null where nothing is. */
  images?: ImageRows | null | undefined;
}

/**
 * @param classes if 0, any number of scores is accepted and not used
 * @param what names the rows in messages
 * @throws DriftError `MATRIX_MISSHAPEN`, `DIMENSIONS_DIFFER`, `CLASSES_DIFFER`, `ROWS_DIFFER`
 */
export function checkBatch(batch: DriftBatch, dimensions: number, classes: number, what: string): void {
  const { embeddings, scores, targets, timestamps, groups, segments, rowNumbers, statistics, images } = batch;
  checkShape(embeddings, `${what}, embeddings`);
  checkDimensions(what, embeddings.columns, dimensions);
  if (scores) {
    if (classes > 0 && scores.columns !== classes) {
      throw new DriftError('CLASSES_DIFFER', `${what}: ${scores.columns} scores a row, ${classes} classes`);
    }
    checkShape(scores, `${what}, scores`);
    checkRows(`${what}, scores`, scores.rows, embeddings.rows);
  }
  const named = (columns: object | null | undefined, name: (column: string) => string) =>
    Object.entries(columns ?? {}).map(([column, values]) => [name(column), values] as const);
  for (const [name, values] of [
    ...Object.entries({ targets, timestamps, groups }),
    ...named(segments, (column) => `segments by ${column}`),
    ['row numbers', rowNumbers] as const,
    ...named(statistics, (column) => `statistic ${column}`),
    ...named(images, (column) => `${column} of the images`),
  ]) {
    if (values) checkRows(`${what}, ${name}`, values.length, embeddings.rows);
  }
}

function checkRows(what: string, found: number, needed: number): void {
  if (found === needed) return;
  throw new DriftError('ROWS_DIFFER', `${what}: ${grouped(found)} rows, the embeddings have ${grouped(needed)}`);
}

/** False if the row must be skipped: a value of its embedding or scores is not finite. */
export function isBatchRowUsable(batch: DriftBatch, row: number): boolean {
  return isRowUsable(batch.embeddings, row) && (!batch.scores || isRowUsable(batch.scores, row));
}

/** Share of skipped rows above which something is broken, so that no result of the rest can be trusted. */
const MAX_SKIPPED_SHARE = 0.01;

/** @throws DriftError `TOO_MANY_SKIPPED` when more than 1 % of the rows had to be skipped */
export function checkSkipped(what: string, counted: number, skipped: number): void {
  const all = counted + skipped;
  if (skipped <= MAX_SKIPPED_SHARE * all) return;
  throw new DriftError(
    'TOO_MANY_SKIPPED',
    `${what}: ${grouped(skipped)} of ${grouped(all)} rows have a value that is not finite, ` +
      `at most ${MAX_SKIPPED_SHARE * 100} % may`,
    {
      hint: 'NaN in embeddings or scores usually comes from the weights or from broken images: look at the first such row.',
    },
  );
}

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

export function takeImageRows({ bytes, looks, grids, ...numbers }: ImageRows, rows: readonly number[]): ImageRows {
  const taken = <C>(columns: C, take: (column: ArrayLike<never>) => unknown) =>
    Object.fromEntries(
      Object.entries(columns as object).map(([name, column]) => [name, column && take(column as ArrayLike<never>)]),
    ) as C;
  return {
    ...taken({ bytes, looks, grids }, (column) => rows.map((row) => column[row])),
    ...taken(numbers, (column) => Float64Array.from(rows, (row) => column[row] ?? Number.NaN)),
  };
}
