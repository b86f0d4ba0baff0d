/** Four floats of each of four rows, to four rows of a panel, 64 bytes each: a lane for each row that is read. */
export function transposeFour(row0: usize, row1: usize, row2: usize, row3: usize, to: usize): void {
  const a = v128.load(row0);
  const b = v128.load(row1);
  const c = v128.load(row2);
  const d = v128.load(row3);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 64);
  v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 128);
  v128.store(to, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 192);
}
