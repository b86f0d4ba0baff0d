const LEVELS: i32 = 256;
const COUNTS = memory.data(LEVELS * 4, 16);

/** Nine times a pixel without the 3 × 3 pixels around it, of eight pixels, cut off at 0 and 255: int16. */
function edgesOf(at: usize, width: usize): v128 {
  let around = i16x8.splat(0);
  for (let y: usize = 0, row = at - width - 1; y < 3; y++, row += width) {
    around = i16x8.add(around, v128.load_ext<u8>(row));
    around = i16x8.add(around, v128.load_ext<u8>(row, 1));
    around = i16x8.add(around, v128.load_ext<u8>(row, 2));
  }
  const edges = i16x8.sub(i16x8.mul(i16x8.splat(9), v128.load_ext<u8>(at)), around);
  return i16x8.max_s(i16x8.splat(0), i16x8.min_s(i16x8.splat(255), edges));
}

function total(lanes: v128): i32 {
  const halves = i32x4.add(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1);
}

/**
 * Sums of Pillow's `FIND_EDGES`, which leaves borders as they are, and of the histogram. Reads up to 8 bytes behind
 * `gray`, at most 64 × 64.
 * @param sums int32: of the edges, of their squares, and of the squares of the 256 counts
 */
export function blur(height: i32, width: i32, gray: usize, sums: usize): void {
  let edges = 0;
  let squares = 0;
  for (let y = 0; y < height; y++) {
    // Where both columns of the border are one, it counts once.
    const step = y === 0 || y === height - 1 ? 1 : max(1, width - 1);
    for (let x = 0; x < width; x += step) {
      const value = <i32>load<u8>(gray + <usize>(y * width + x));
      edges += value;
      squares += value * value;
    }
  }
  let inner = i32x4.splat(0);
  let innerSquares = i32x4.splat(0);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x += 8) {
      const isInside = i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(width - 1 - x)));
      const found = v128.and(isInside, edgesOf(gray + <usize>(y * width + x), <usize>width));
      inner = i32x4.add(inner, i32x4.extadd_pairwise_i16x8_s(found));
      innerSquares = i32x4.add(innerSquares, i32x4.dot_i16x8_s(found, found));
    }
  }
  store<i32>(sums, edges + total(inner));
  store<i32>(sums, squares + total(innerSquares), 4);
  store<i32>(sums, squaredCounts(gray, height * width), 8);
}

/** Σ of the squares of the counts of all levels. */
function squaredCounts(gray: usize, pixels: i32): i32 {
  memory.fill(COUNTS, 0, LEVELS * 4);
  for (const end = gray + <usize>pixels; gray < end; gray++) {
    const count = COUNTS + ((<usize>load<u8>(gray)) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
  let squares = i32x4.splat(0);
  for (let at = COUNTS; at < COUNTS + LEVELS * 4; at += 16) {
    const counts = v128.load(at);
    squares = i32x4.add(squares, i32x4.mul(counts, counts));
  }
  return total(squares);
}
