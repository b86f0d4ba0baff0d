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
  /** `[blocks, 256]`: what the network says of the rows, packed as `scoresOf` does; 0 where it says nothing. */
  scores: Int32Array;
}

/** What the network says of a row; 0 where it says nothing. */
export interface RunScores {
  /** Bins of the reference's histograms, from 1. */
  confidence: number;
  entropy: number;
  /** The predicted class, from 1, in eight bits. */
  predicted: number;
}

export interface RunRow extends RunScores {
  cluster: number;
  /** Eight bits of the key of the row's group: rows that belong together have them in common. */
  mark: number;
  /** Eight bits of a hash of the row's true class; 0 where it has none. */
  target: number;
}

type RunLabel = Omit<RunRow, keyof RunScores>;

function labelOf({ cluster, mark, target }: RunLabel): number {
  return (cluster << 16) | (mark << 8) | target;
}

function scoresOf({ confidence, entropy, predicted }: RunScores): number {
  return (predicted << 12) | (confidence << 6) | entropy;
}

/** The cluster of a packed row. */
export function clusterOf(label: number): number {
  return label >> 16;
}

type Block = Pick<RowRuns, 'labels' | 'scores'>;

export class RunKeeper {
  /** By number of the block. */
  readonly #kept = new Map<number, { rank: number; block: Block }>();
  /** Blocks with a larger hash are not kept. */
  #limit = Number.POSITIVE_INFINITY;
  #block = -1;
  /** The rows of that block; null if it is not kept. */
  #rows: Block | null = null;

  /** @param scores computed only if the row is kept; null where the network says nothing */
  add(rowNumber: number, row: RunLabel, scores: (() => RunScores) | null): void {
    const block = Math.floor(rowNumber / BLOCK_ROWS);
    if (block !== this.#block) this.#enter(block);
    if (this.#rows === null) return;
    this.#rows.labels[rowNumber - block * BLOCK_ROWS] = labelOf(row);
    if (scores !== null) this.#rows.scores[rowNumber - block * BLOCK_ROWS] = scoresOf(scores());
  }

  addAll({ blocks, labels, scores }: RowRuns): void {
    for (const [b, block] of blocks.entries()) {
      this.#enter(block);
      if (this.#rows === null) continue;
      for (let i = 0; i < BLOCK_ROWS; i++) {
        const label = labels[b * BLOCK_ROWS + i]!;
        if (label === NONE) continue;
        this.#rows.labels[i] = label;
        this.#rows.scores[i] = scores[b * BLOCK_ROWS + i]!;
      }
    }
  }

  runs(): RowRuns {
    const blocks = Float64Array.from(this.#kept.keys()).sort();
    const [labels, scores] = [0, 0].map(() => new Int32Array(blocks.length * BLOCK_ROWS));
    for (const [b, block] of blocks.entries()) {
      const rows = this.#kept.get(block)!.block;
      labels!.set(rows.labels, b * BLOCK_ROWS);
      scores!.set(rows.scores, b * BLOCK_ROWS);
    }
    return { blocks, labels: labels!, scores: scores! };
  }

  #enter(block: number): void {
    this.#block = block;
    this.#rows = this.#kept.get(block)?.block ?? this.#added(block);
  }

  #added(block: number): Block | null {
    const rank = numberKey(block, 0);
    if (rank >= this.#limit) return null;
    const added = { labels: new Int32Array(BLOCK_ROWS).fill(NONE), scores: new Int32Array(BLOCK_ROWS) };
    this.#kept.set(block, { rank, block: added });
    if (this.#kept.size <= KEPT_BLOCKS) return added;
    const [last, { rank: limit }] = [...this.#kept].reduce((a, b) => (b[1].rank > a[1].rank ? b : a));
    this.#kept.delete(last);
    this.#limit = limit;
    return last === block ? null : added;
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
export function blocksOf({ blocks, labels, scores }: RowRuns): RunRow[][] {
  return Array.from(blocks, (_, b) => {
    const rows: RunRow[] = [];
    for (let place = b * BLOCK_ROWS; place < (b + 1) * BLOCK_ROWS; place++) {
      if (labels[place] !== NONE) rows.push(runRow(labels[place]!, scores[place]!));
    }
    return rows;
  });
}

/** In one object, without parts that are copied: windows by the thousand ask for it. */
function runRow(label: number, scores: number): RunRow {
  return {
    cluster: clusterOf(label),
    mark: (label >> 8) & 255,
    target: label & 255,
    predicted: scores >> 12,
    confidence: (scores >> 6) & 63,
    entropy: scores & 63,
  };
}
