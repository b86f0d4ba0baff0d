/**
 * The sums of `../../image-sums.ts`, in AssemblyScript → WebAssembly SIMD, in its order, exact except for the
 * saturations, whose terms are rounded to float32. Addresses are bytes, given by ../sums-kernel.ts. Luma is int32 in
 * thousandths of a grey level: up to `MOST_PIXELS` at once no sum leaves its integer. A row of luma has `stride`
 * values, the image's from `LEFT` on; beside them is room for the reflected border.
 */
import { measureColours } from './colours';
import { addWide, blues, greens, inRow, LEFT, PIXELS, reds } from './lanes';
import { measureStructure } from './structure';

/** Vectors after which int32 lanes are emptied: 1024 noise terms of at most 8 · 255,000 stay below 2³¹. */
const VECTORS: i32 = 1024;

/** Σ of four uint32 lanes. */
function total32(lanes: v128): f64 {
  return total64(i64x2.add(i64x2.extend_low_i32x4_u(lanes), i64x2.extend_high_i32x4_u(lanes)));
}

/** Σ of two uint64 lanes. */
function total64(lanes: v128): f64 {
  return <f64>(<u64>(i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1)));
}

/** 16 bytes, added to four uint32 lanes. */
function addBytes(sums: v128, bytes: v128): v128 {
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
}

/** Squares of four int32 lanes, added to two uint64 lanes. */
function addSquares(sums: v128, values: v128): v128 {
  const squares = i64x2.add(i64x2.extmul_low_i32x4_s(values, values), i64x2.extmul_high_i32x4_s(values, values));
  return i64x2.add(sums, squares);
}

/** Quotients of eight uint16 lanes, added to two float64 lanes. */
function addQuotients(sums: v128, dividends: v128, divisors: v128): v128 {
  const low = addFourQuotients(sums, i32x4.extend_low_i16x8_u(dividends), i32x4.extend_low_i16x8_u(divisors));
  return addFourQuotients(low, i32x4.extend_high_i16x8_u(dividends), i32x4.extend_high_i16x8_u(divisors));
}

function addFourQuotients(sums: v128, dividends: v128, divisors: v128): v128 {
  const quotients = f32x4.div(f32x4.convert_i32x4_s(dividends), f32x4.convert_i32x4_s(divisors));
  const low = f64x2.promote_low_f32x4(quotients);
  const high = f64x2.promote_low_f32x4(i64x2.shuffle(quotients, quotients, 1, 1));
  return f64x2.add(sums, f64x2.add(low, high));
}

/**
 * All that is left of rows `from` to `to`, 27 float64 into `sums`; their luma, and that of the rows beside them, has
 * been measured. An image's sums are those of its rows, given from the first to the last. `masks` are of `fillMasks`.
 * @param rgb where row 0 of the image would be; so of `luma`
 * @param room `[stride]` int32 of columns, two float64 of rows, 256 bytes of levels: kept within an image
 */
export function measureRows(
  from: i32,
  to: i32,
  height: i32,
  width: i32,
  stride: i32,
  rgb: usize,
  luma: usize,
  masks: usize,
  room: usize,
  deviation: f64,
  sums: usize,
): void {
  const rows = room + ((<usize>stride) << 2);
  measureTexture(from, to, height, width, stride, luma, masks, sums);
  measureColours(from, to, height, width, stride, rgb, luma, rows + 16, sums + 24);
  measureStructure(from, to, height, width, stride, luma, masks, room, rows, deviation, sums + 104);
}

/** `masks`: `[3, stride]` int32, all bits where a column is of the image, has both neighbours, has a right one. */
export function fillMasks(width: i32, stride: i32, masks: usize): void {
  for (let x = 0; x < stride; x++, masks += 4) {
    store<i32>(masks, x < width ? -1 : 0);
    store<i32>(masks + ((<usize>stride) << 2), x > 0 && x < width - 1 ? -1 : 0);
    store<i32>(masks + ((<usize>stride) << 3), x < width - 1 ? -1 : 0);
  }
}

/**
 * Sums of red, green, blue, saturation and squared luma of some rows; fills `luma`, `[height, stride]` int32. 48 bytes
 * behind the last pixel of `rgb` are read, and make no difference.
 */
export function measureColour(height: i32, width: i32, stride: i32, rgb: usize, luma: usize, sums: usize): void {
  const zero = i32x4.splat(0);
  const redGreenWeights = i16x8(299, 587, 299, 587, 299, 587, 299, 587);
  const blueWeights = i16x8(114, 0, 114, 0, 114, 0, 114, 0);
  let redSum = zero;
  let greenSum = zero;
  let blueSum = zero;
  let saturations = f64x2.splat(0);
  let squares = zero;
  for (let y = 0; y < height; y++) {
    let from = rgb + <usize>(y * width * 3);
    let to = luma + ((<usize>(y * stride)) << 2) + (LEFT << 2);
    for (let x = 0; x < width; x += PIXELS, from += 48, to += 64) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      // Black behind the row, which adds nothing to any sum.
      const inside = inRow(width - x);
      const red = v128.and(inside, reds(a, b, c));
      const green = v128.and(inside, greens(a, b, c));
      const blue = v128.and(inside, blues(a, b, c));
      redSum = addBytes(redSum, red);
      greenSum = addBytes(greenSum, green);
      blueSum = addBytes(blueSum, blue);

      const largest = i8x16.max_u(red, i8x16.max_u(green, blue));
      const range = i8x16.sub(largest, i8x16.min_u(red, i8x16.min_u(green, blue)));
      // Black has a range of 0, which any divisor leaves 0.
      const divisor = i8x16.max_u(largest, i8x16.splat(1));
      saturations = addQuotients(saturations, i16x8.extend_low_i8x16_u(range), i16x8.extend_low_i8x16_u(divisor));
      saturations = addQuotients(saturations, i16x8.extend_high_i8x16_u(range), i16x8.extend_high_i8x16_u(divisor));

      const redGreenLow = i8x16.shuffle(red, green, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const redGreenHigh = i8x16.shuffle(red, green, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const blueLow = i16x8.extend_low_i8x16_u(blue);
      const blueHigh = i16x8.extend_high_i8x16_u(blue);
      const luma0 = i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(redGreenLow), redGreenWeights),
        i32x4.dot_i16x8_s(i32x4.extend_low_i16x8_u(blueLow), blueWeights),
      );
      const luma1 = i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(redGreenLow), redGreenWeights),
        i32x4.dot_i16x8_s(i32x4.extend_high_i16x8_u(blueLow), blueWeights),
      );
      const luma2 = i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(redGreenHigh), redGreenWeights),
        i32x4.dot_i16x8_s(i32x4.extend_low_i16x8_u(blueHigh), blueWeights),
      );
      const luma3 = i32x4.add(
        i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(redGreenHigh), redGreenWeights),
        i32x4.dot_i16x8_s(i32x4.extend_high_i16x8_u(blueHigh), blueWeights),
      );
      v128.store(to, luma0);
      v128.store(to, luma1, 16);
      v128.store(to, luma2, 32);
      v128.store(to, luma3, 48);
      squares = addSquares(addSquares(addSquares(addSquares(squares, luma0), luma1), luma2), luma3);
    }
  }
  store<f64>(sums, total32(redSum));
  store<f64>(sums, total32(greenSum), 8);
  store<f64>(sums, total32(blueSum), 16);
  store<f64>(sums, f64x2.extract_lane(saturations, 0) + f64x2.extract_lane(saturations, 1), 24);
  store<f64>(sums, total64(squares), 32);
}

/** Laplacian, squared Laplacian and noise term. Reflects the border of `luma` to its sides. */
function measureTexture(
  from: i32,
  to: i32,
  height: i32,
  width: i32,
  stride: i32,
  luma: usize,
  masks: usize,
  sums: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const widthBytes = (<usize>width) << 2;
  let laplacians = i64x2.splat(0);
  let squares = i64x2.splat(0);
  let noises = i64x2.splat(0);
  for (let y = from; y < to; y++) {
    let row = luma + <usize>y * rowBytes + (LEFT << 2);
    store<i32>(row - 4, load<i32>(row + ((<usize>min(1, width - 1)) << 2)));
    store<i32>(row + widthBytes, load<i32>(row + ((<usize>max(0, width - 2)) << 2)));
    let up = luma + <usize>(y > 0 ? y - 1 : min(1, height - 1)) * rowBytes + (LEFT << 2);
    let down = luma + <usize>(y < height - 1 ? y + 1 : max(0, height - 2)) * rowBytes + (LEFT << 2);
    const isInner = y > 0 && y < height - 1;
    let mask = masks;
    for (let x = 0; x < width; ) {
      let laplacian32 = i32x4.splat(0);
      let noise32 = i32x4.splat(0);
      for (const pause = min(x + 4 * VECTORS, width); x < pause; x += 4, row += 16, up += 16, down += 16, mask += 16) {
        const centre = i32x4.shl(v128.load(row), 2);
        const cross = i32x4.add(
          i32x4.add(v128.load(up), v128.load(down)),
          i32x4.add(v128.load(row - 4), v128.load(row, 4)),
        );
        const corners = i32x4.add(
          i32x4.add(v128.load(up - 4), v128.load(up, 4)),
          i32x4.add(v128.load(down - 4), v128.load(down, 4)),
        );
        const laplacian = v128.and(i32x4.sub(cross, centre), v128.load(mask));
        const noise = i32x4.add(i32x4.sub(corners, i32x4.shl(cross, 1)), centre);
        laplacian32 = i32x4.add(laplacian32, laplacian);
        squares = addSquares(squares, laplacian);
        noise32 = i32x4.add(noise32, v128.and(i32x4.abs(noise), v128.load(mask + rowBytes)));
      }
      laplacians = addWide(laplacians, laplacian32);
      if (isInner) noises = addWide(noises, noise32);
    }
  }
  store<f64>(sums, <f64>(i64x2.extract_lane(laplacians, 0) + i64x2.extract_lane(laplacians, 1)));
  store<f64>(sums, total64(squares), 8);
  store<f64>(sums, total64(noises), 16);
}
