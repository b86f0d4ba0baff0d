/** Transposes rows of floats, in AssemblyScript → WebAssembly SIMD. All addresses are bytes, given by `../interleave.ts`. */

/**
 * Sixteen rows of `k` floats, one after the other, to `k` rows of sixteen. Goes on to a multiple of 16: it reads up to 15
 * floats behind the last row, and writes up to 15 rows more than `k`.
 */
export function interleave(rows: usize, k: usize, to: usize): void {
  const row = k << 2;
  for (let c: usize = 0; c < k; c += 16) {
    // A cache line of four rows is used whole before the next: rows whose length is a power of two share a set.
    for (let lane: usize = 0; lane < 64; lane += 16) {
      const from = rows + (lane / 4) * row;
      square(from, row, to + lane);
      square(from + 16, row, to + lane + 256);
      square(from + 32, row, to + lane + 512);
      square(from + 48, row, to + lane + 768);
    }
    rows += 64;
    to += 1024;
  }
}

/** 4×4 floats. */
function square(from: usize, row: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + row);
  const c = v128.load(from + 2 * row);
  const d = v128.load(from + 3 * row);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abEnd = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdEnd = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 64);
  v128.store(to, v128.shuffle<i64>(abEnd, cdEnd, 0, 2), 128);
  v128.store(to, v128.shuffle<i64>(abEnd, cdEnd, 1, 3), 192);
}
