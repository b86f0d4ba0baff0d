/**
 * Runs of rows in their order, to measure how much neighbours have in common: of blocks of 256 rows by number, 32 are
 * kept, those of smallest hash. Shards merge exactly, in any order, wherever they are cut.
 */
import { numberKey, SmallestKeys } from '../rows/keys.js';

export const BLOCK_ROWS = 256;
/** As many as a correlation in row order may reach. */
export const BATCH_ROWS = 64;
export const BATCHES = BLOCK_ROWS / BATCH_ROWS;
const KEPT_BLOCKS = 32;
/** The place of a row that is in no block: skipped, or in another window. */
const NONE = -1;

export interface RowRuns {
  blocks: Float64Array;
  /** `[blocks, 256]`: a row each, packed as `labelOf` does; -1 where there is none. */
  labels: Int32Array;
  /** `[blocks, 256]`: what the network says of the rows, packed as `scoresOf` does; 0 where it says nothing. */
  scores: Int32Array;
  /** `[blocks, 4, columns]`: sums of image statistics over a quarter of a block, as `addToBatch` packs them. */
  sums: Int32Array;
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
  number: number;
  cluster: number;
  /** Eight bits of the key of the row's group: rows that belong together have them in common. */
  mark: number;
  /** Eight bits of a hash of the row's true class; 0 where it has none. */
  target: number;
}

type RunLabel = Omit<RunRow, keyof RunScores | 'number'>;

function labelOf({ cluster, mark, target }: RunLabel): number {
  return (cluster << 16) | (mark << 8) | target;
}

function scoresOf({ confidence, entropy, predicted }: RunScores): number {
  return (predicted << 12) | (confidence << 6) | entropy;
}

export function clusterOf(label: number): number {
  return label >> 16;
}

type Block = Omit<RowRuns, 'blocks'>;

/** What is looked up of a row only if it is kept; null where nothing is known of it. */
export interface RunFacts {
  scores: (() => RunScores) | null;
  /** `[columns]`: bins of its image statistics, -1 where not known. */
  bins: (() => ArrayLike<number>) | null;
}

export class RunKeeper {
  readonly #columns: number;
  readonly #kept = new SmallestKeys<Block & { number: number }>(KEPT_BLOCKS, (block) => block);
  #block = -1;
  #rows: Block | null = null;

  /** @param columns number of image statistics; 0 if none are summed */
  constructor(columns = 0) {
    this.#columns = columns;
  }

  add(rowNumber: number, row: RunLabel, { scores, bins }: RunFacts): void {
    const block = Math.floor(rowNumber / BLOCK_ROWS);
    if (block !== this.#block) this.#enter(block);
    if (this.#rows === null) return;
    const place = rowNumber - block * BLOCK_ROWS;
    this.#rows.labels[place] = labelOf(row);
    if (scores !== null) this.#rows.scores[place] = scoresOf(scores());
    if (bins !== null) addToBatch(this.#rows.sums, Math.floor(place / BATCH_ROWS), bins());
  }

  addAll({ blocks, labels, scores, sums }: RowRuns): void {
    const size = sums.length / Math.max(1, blocks.length);
    for (const [b, block] of blocks.entries()) {
      this.#enter(block);
      if (this.#rows === null) continue;
      for (let i = 0; i < size; i++) this.#rows.sums[i]! += sums[b * size + i]!;
      for (let i = 0; i < BLOCK_ROWS; i++) {
        const label = labels[b * BLOCK_ROWS + i]!;
        if (label === NONE) continue;
        this.#rows.labels[i] = label;
        this.#rows.scores[i] = scores[b * BLOCK_ROWS + i]!;
      }
    }
  }

  runs(): RowRuns {
    const kept = this.#kept.kept().map(({ value }) => value);
    kept.sort((a, b) => a.number - b.number);
    const all = (of: keyof Block, size: number) => {
      const joined = new Int32Array(kept.length * size);
      for (const [b, block] of kept.entries()) joined.set(block[of], b * size);
      return joined;
    };
    return {
      blocks: Float64Array.from(kept, ({ number }) => number),
      labels: all('labels', BLOCK_ROWS),
      scores: all('scores', BLOCK_ROWS),
      sums: all('sums', BATCHES * this.#columns),
    };
  }

  #enter(block: number): void {
    this.#block = block;
    const empty = () => ({
      number: block,
      labels: new Int32Array(BLOCK_ROWS).fill(NONE),
      scores: new Int32Array(BLOCK_ROWS),
      sums: new Int32Array(BATCHES * this.#columns),
    });
    this.#rows = this.#kept.at(numberKey(block, 0), empty)?.value ?? null;
  }
}

/** Image statistics whose sums are kept. */
export function columnsOf({ blocks, sums }: RowRuns): number {
  return sums.length / Math.max(1, BATCHES * blocks.length);
}

/** Rows of each block in their order, without places where there is none. */
export function blocksOf({ blocks, labels, scores }: Omit<RowRuns, 'sums'>): RunRow[][] {
  return Array.from(blocks, (block, b) => {
    const rows: RunRow[] = [];
    for (let place = b * BLOCK_ROWS; place < (b + 1) * BLOCK_ROWS; place++) {
      const number = (block - b) * BLOCK_ROWS + place;
      if (labels[place] !== NONE) rows.push(runRow(number, labels[place]!, scores[place]!));
    }
    return rows;
  });
}

/** In one object, without parts that are copied: windows by the thousand ask for it. */
function runRow(number: number, label: number, scores: number): RunRow {
  return {
    number,
    cluster: clusterOf(label),
    mark: (label >> 8) & 255,
    target: label & 255,
    predicted: scores >> 12,
    confidence: (scores >> 6) & 63,
    entropy: scores & 63,
  };
}

// How much less rows in order are worth for the mean of a number, from its sums over batches of rows that follow each other: the
// method of batch means (R. W. Conway, Management Science 10, 1963). Means of batches of L rows vary by d v / L, where v is the
// variance of the rows, and n rows are worth n / d. Correlation beyond a batch is missed: of x' = ρ x + noise, d = (1 + ρ) / (1 − ρ)
// is found too small by 2 ρ / (L (1 − ρ)²).
//
// Sums add up, so that shards merge exactly, and each number takes a few bytes a batch. Numbers are bins of a histogram, which
// are about ranks. The sum of a batch and how many rows have a value are packed in one whole number.

/** A sum of bins is packed in units of this; a batch has fewer rows. */
const UNIT = 2 * BATCH_ROWS;
/** A batch with fewer rows is none. */
const LEAST_ROWS = BATCH_ROWS / 2;
/** With fewer batches, the spread of their means says little. */
const LEAST_BATCHES = 20;

/** @param sums `[batches, columns]`, packed @param bins `[columns]`: bins of a row from 0 to 50, -1 where not known */
export function addToBatch(sums: Int32Array, batch: number, bins: ArrayLike<number>): void {
  for (let c = 0; c < bins.length; c++) {
    const bin = bins[c]!;
    if (bin >= 0) sums[batch * bins.length + c]! += bin * UNIT + 1;
  }
}

/**
 * @param sums `[batches, columns]`, packed
 * @param counts rows of all by bin, which give the variance of the rows
 * @returns rows that one independent row takes, 1 or more; null where too few batches are known, or all rows are equal
 */
export function batchEffect(
  sums: ArrayLike<number>,
  columns: number,
  column: number,
  counts: readonly number[],
): number | null {
  const batches: { rows: number; sum: number }[] = [];
  for (let at = column; at < sums.length; at += columns) {
    const rows = sums[at]! % UNIT;
    if (rows >= LEAST_ROWS) batches.push({ rows, sum: (sums[at]! - rows) / UNIT });
  }
  const variance = varianceOfBins(counts);
  if (batches.length < LEAST_BATCHES || variance === 0) return null;
  const mean = batches.reduce((all, { sum }) => all + sum, 0) / batches.reduce((all, { rows }) => all + rows, 0);
  const spread = batches.reduce((all, { rows, sum }) => all + rows * (sum / rows - mean) ** 2, 0);
  return Math.max(1, spread / (batches.length - 1) / variance);
}

function varianceOfBins(counts: readonly number[]): number {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, bin) => sum + count * bin, 0) / rows;
  return rows === 0 ? 0 : counts.reduce((sum, count, bin) => sum + count * (bin - mean) ** 2, 0) / rows;
}
