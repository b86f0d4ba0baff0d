/**
 * A uniform draw of rows with the keys of their embeddings: how often rows repeat, whatever repeats. A draw of the different
 * embeddings cannot tell that, since one that is a third of all rows is in it as seldom as any other.
 *
 * Rows are drawn by a hash of their number, so shards merge exactly.
 */
import { numberKey } from '../rows/row-key.js';
import { SmallestKeys } from '../rows/smallest-keys.js';

/** Enough for a share that is 1.5 points off at most; 22 kB of a profile. */
export const DRAWN_ROWS = 1_024;
/** Other blocks of rows are kept by another one. */
const SEED = 1;

export interface DrawnRows {
  /** Hashes of the numbers of the rows, ascending. */
  ranks: Float64Array;
  /** `rowKey` of each. */
  keys: Float64Array;
}

export class RowDrawer {
  readonly #rows = new SmallestKeys<number>(DRAWN_ROWS, (key) => key);

  add(rowNumber: number, key: number): void {
    this.#rows.add(numberKey(rowNumber, SEED), 1, () => key);
  }

  addAll({ ranks, keys }: DrawnRows): void {
    for (const [i, rank] of ranks.entries()) this.#rows.add(rank, 1, () => keys[i]!);
  }

  drawn(): DrawnRows {
    const kept = this.#rows.kept();
    return {
      ranks: Float64Array.from(kept, ({ key }) => key),
      keys: Float64Array.from(kept, ({ value }) => value),
    };
  }
}

/** Those of both parts together. */
export function mergeDrawnRows(a: DrawnRows, b: DrawnRows): DrawnRows {
  const drawer = new RowDrawer();
  drawer.addAll(a);
  drawer.addAll(b);
  return drawer.drawn();
}
