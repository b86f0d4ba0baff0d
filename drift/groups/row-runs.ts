/**
 * Runs of rows in the order in which they came, to measure how much neighbours have in common.
 *
 * Rows are cut into blocks of 256 by their number, and the clusters of the rows of 32 blocks are kept: those whose number has
 * the smallest hash, a random draw. Shards merge exactly, in any order, wherever they are cut.
 */
import { numberKey } from '../rows/row-key.js';

export const BLOCK_ROWS = 256;
const KEPT_BLOCKS = 32;
/** The place of a row that is in no block: skipped, or in another window. */
const NONE = -1;

export interface RowRuns {
  /** Numbers of the blocks, ascending. */
  blocks: Float64Array;
  /** `[blocks, 256]`: a row each, packed as `labelOf` does; -1 where there is none. */
  labels: Int32Array;
}

export interface RunRow {
  cluster: number;
  /** Eight bits of the key of the row's group: rows that belong together have them in common. */
  mark: number;
  /** Eight bits of a hash of the row's true class; 0 where it has none. */
  target: number;
}

function labelOf({ cluster, mark, target }: RunRow): number {
  return (cluster << 16) | (mark << 8) | target;
}

export function runRow(label: number): RunRow {
  return { cluster: label >> 16, mark: (label >> 8) & 255, target: label & 255 };
}

export class RunKeeper {
  /** By number of the block. */
  readonly #kept = new Map<number, { rank: number; labels: Int32Array }>();
  /** Blocks with a larger hash are not kept. */
  #limit = Number.POSITIVE_INFINITY;
  #block = -1;
  /** The labels of that block; null if it is not kept. */
  #labels: Int32Array | null = null;

  add(rowNumber: number, row: RunRow): void {
    const block = Math.floor(rowNumber / BLOCK_ROWS);
    if (block !== this.#block) this.#enter(block);
    if (this.#labels !== null) this.#labels[rowNumber - block * BLOCK_ROWS] = labelOf(row);
  }

  addAll({ blocks, labels }: RowRuns): void {
    for (const [b, block] of blocks.entries()) {
      this.#enter(block);
      if (this.#labels === null) continue;
      for (let i = 0; i < BLOCK_ROWS; i++) {
        const label = labels[b * BLOCK_ROWS + i]!;
        if (label !== NONE) this.#labels[i] = label;
      }
    }
  }

  runs(): RowRuns {
    const blocks = Float64Array.from(this.#kept.keys()).sort();
    const labels = new Int32Array(blocks.length * BLOCK_ROWS);
    for (const [b, block] of blocks.entries()) labels.set(this.#kept.get(block)!.labels, b * BLOCK_ROWS);
    return { blocks, labels };
  }

  #enter(block: number): void {
    this.#block = block;
    this.#labels = this.#kept.get(block)?.labels ?? this.#added(block);
  }

  #added(block: number): Int32Array | null {
    const rank = numberKey(block, 0);
    if (rank >= this.#limit) return null;
    const labels = new Int32Array(BLOCK_ROWS).fill(NONE);
    this.#kept.set(block, { rank, labels });
    if (this.#kept.size <= KEPT_BLOCKS) return labels;
    const [last, { rank: limit }] = [...this.#kept].reduce((a, b) => (b[1].rank > a[1].rank ? b : a));
    this.#kept.delete(last);
    this.#limit = limit;
    return last === block ? null : labels;
  }
}

/** The runs of both parts together. */
export function mergeRuns(a: RowRuns, b: RowRuns): RowRuns {
  const keeper = new RunKeeper();
  keeper.addAll(a);
  keeper.addAll(b);
  return keeper.runs();
}

/** Rows of each block in their order, without places where there is none. */
export function blocksOf({ blocks, labels }: RowRuns): RunRow[][] {
  return Array.from(blocks, (_, b) =>
    Array.from(labels.subarray(b * BLOCK_ROWS, (b + 1) * BLOCK_ROWS))
      .filter((label) => label !== NONE)
      .map(runRow),
  );
}
