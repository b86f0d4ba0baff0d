/**
 * Long sums as pieces: a piece is a run of products whose inputs and weights lie side by side, a tap or a part of its
 * channels. A kernel adds up the pieces of a block in one accumulator, then adds the blocks.
 */
import { BLOCK_TERMS, LANES } from '../abi/layout.js';
import type { Draft, Table } from './draft.js';

/** The words of a call that say how its sums are cut. */
export interface Pieces {
  /** For each piece int32 byte offsets of its inputs and of its weights, and the bytes of its weights. */
  piecesAt: Table;
  pieces: number;
  /** The last block may have fewer. */
  piecesPerBlock: number;
}

/** @param taps byte offsets of the first input and of the first weights of each tap, which has `k` of them */
export function piecesOf(draft: Draft, taps: readonly (readonly [number, number])[], k: number): Pieces {
  const parts = blocksOf(k);
  const starts = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * k) / parts));
  const words = taps.flatMap(([input, weights]) =>
    starts.slice(1).flatMap((end, part) => {
      const start = starts[part]!;
      return [input + start * 4, weights + start * LANES * 4, (end - start) * LANES * 4];
    }),
  );
  const pieces = taps.length * parts;
  const piecesPerBlock = parts > 1 ? 1 : Math.ceil(pieces / blocksOf(pieces * k, Math.floor(BLOCK_TERMS / k) * k));
  return { piecesAt: draft.table(`pieces ${words.join()}`, () => Int32Array.from(words)), pieces, piecesPerBlock };
}

/** The number of blocks for a sum of so many products. */
export function blocksOf(terms: number, most = BLOCK_TERMS): number {
  return Math.max(1, Math.ceil(terms / most));
}
