/**
 * A random draw of the reference rows with their predicted class, and the bins of their image statistics and of their
 * confidence. It says how the baseline would look if its classes were mixed as a window's are (`causes/given-classes.ts`):
 * a window of other classes has other images, though nothing happened to them.
 */
import { z } from 'zod';
import { base64, fromBase64 } from '../linear/matrix.js';
import { SmallestKeys } from '../rows/smallest-keys.js';

export interface ClassedRows {
  /** `[rows]`, ascending: hashes of the embeddings. */
  keys: Float64Array;
  /** `[rows]`: how many rows had this embedding. */
  weights: Int32Array;
  /** `[rows]`: the predicted class, -1 where not known. */
  predicted: Int32Array;
  /** `[rows, columns]`: the bin of each statistic, by the order of their names, then that of the confidence; 255 where not known. */
  bins: Uint8Array;
}

interface ClassedRow {
  predicted: number;
  bins: Uint8Array;
}

/** Rows that are kept: 90 kB of JSON. */
const CLASSED_ROWS = 2_000;
/** The bin of a value that is not known. */
export const NO_BIN = 255;

/** Equal embeddings may have different scores, and shards come in any order: the least of them is kept. */
function leastOf(a: ClassedRow, b: ClassedRow): ClassedRow {
  if (a.predicted !== b.predicted) return a.predicted < b.predicted ? a : b;
  return Buffer.compare(a.bins, b.bins) <= 0 ? a : b;
}

export class ClassedRowSampler {
  readonly #rows = new SmallestKeys<ClassedRow>(CLASSED_ROWS, leastOf);

  /** @param bins -1 where not known */
  add(key: number, predicted: number, bins: () => ArrayLike<number>): void {
    this.#rows.add(key, 1, () => ({
      predicted,
      bins: Uint8Array.from(bins(), (bin) => (bin < 0 ? NO_BIN : bin)),
    }));
  }

  rows(): ClassedRows {
    return toClassed(this.#rows);
  }
}

export function noClassedRows(): ClassedRows {
  return toClassed(new SmallestKeys<ClassedRow>(0, leastOf));
}

/** The rows of two parts that were counted against the same reference. */
export function mergeClassedRows(a: ClassedRows, b: ClassedRows): ClassedRows {
  const rows = new SmallestKeys<ClassedRow>(CLASSED_ROWS, leastOf);
  for (const { keys, weights, predicted, bins } of [a, b]) {
    const columns = bins.length / Math.max(1, keys.length);
    for (const [i, key] of keys.entries()) {
      rows.add(key, weights[i]!, () => ({
        predicted: predicted[i]!,
        bins: bins.slice(i * columns, (i + 1) * columns),
      }));
    }
  }
  return toClassed(rows);
}

function toClassed(rows: SmallestKeys<ClassedRow>): ClassedRows {
  const kept = rows.kept();
  return {
    keys: Float64Array.from(kept, ({ key }) => key),
    weights: Int32Array.from(kept, ({ weight }) => weight),
    predicted: Int32Array.from(kept, ({ value }) => value.predicted),
    bins: Uint8Array.from(kept.flatMap(({ value }) => [...value.bins])),
  };
}

export const classedSchema = z.object({
  keys: z.string(),
  weights: z.array(z.number().int().positive()).max(CLASSED_ROWS),
  predicted: z.array(z.number().int().min(-1)),
  bins: z.string(),
});

type ClassedJson = z.infer<typeof classedSchema>;

export function classedJson({ keys, weights, predicted, bins }: ClassedRows): ClassedJson {
  return {
    keys: base64(keys),
    weights: [...weights],
    predicted: [...predicted],
    bins: Buffer.from(bins).toString('base64'),
  };
}

/**
 * @param bins of each column, in their order
 * @param misfit what is thrown, of a text that says what disagrees
 */
export function readClassed(
  json: ClassedJson,
  bins: readonly number[],
  classes: number,
  misfit: (disagreement: string) => Error,
): ClassedRows {
  const rows = json.weights.length;
  const keys = fromBase64(json.keys, 8);
  const read = new Uint8Array(Buffer.from(json.bins, 'base64'));
  const agree = (what: string, found: number, needed: number) => {
    if (found !== needed) throw misfit(`classed.${what}: ${found}, ${needed} would fit`);
  };
  agree('keys, their number', keys.length, rows);
  agree('predicted, its rows', json.predicted.length, rows);
  agree('bins, their number', read.length, rows * bins.length);
  const unsorted = keys.findIndex((key, i) => !Number.isFinite(key) || (i > 0 && key <= keys[i - 1]!));
  if (unsorted >= 0) throw misfit(`classed.keys: number ${unsorted} is not above the one before`);
  const unknown = json.predicted.find((index) => index >= classes);
  if (unknown !== undefined) throw misfit(`classed.predicted: ${unknown}, at most ${classes - 1} is possible`);
  const beyond = read.findIndex((bin, i) => bin !== NO_BIN && bin >= bins[i % bins.length]!);
  if (beyond >= 0)
    throw misfit(
      `classed.bins: number ${beyond} is ${read[beyond]}, at most ${bins[beyond % bins.length]! - 1} is possible`,
    );
  return { keys, weights: Int32Array.from(json.weights), predicted: Int32Array.from(json.predicted), bins: read };
}
