/** Transposes rows of floats, in AssemblyScript → WebAssembly SIMD. All addresses are bytes, given by `../interleave.ts`. */
import { transposeFour } from '../../printing/assembly/transpose';

/**
 * Sixteen rows of `k` floats, one after the other, to `k` rows of sixteen. Goes on to a multiple of 16: it reads up
 * to 15 floats behind the last row, and writes up to 15 rows more than `k`.
 */
export function interleave(rows: usize, k: usize, to: usize): void {
  const row = k << 2;
  for (let c: usize = 0; c < k; c += 16) {
    // A cache line of four rows is used whole before the next: rows whose length is a power of two share a set.
    for (let lane: usize = 0; lane < 64; lane += 16) {
      const row0 = rows + (lane / 4) * row;
      const row1 = row0 + row;
      const row2 = row1 + row;
      const row3 = row2 + row;
      for (let i: usize = 0; i < 64; i += 16) {
        transposeFour(row0 + i, row1 + i, row2 + i, row3 + i, to + lane + (i << 4));
      }
    }
    rows += 64;
    to += 1024;
  }
}
