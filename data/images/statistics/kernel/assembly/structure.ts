/**
 * `STRUCTURE_SUMS` of `../../image-sums.ts`, in its order, exact, for `sums.ts`, which says how luma lies in memory.
 */
import { addWide, LEFT } from './lanes';

/** Vectors after which int32 lanes are emptied: 1024 bends of at most 4 · 255,000 stay below 2³¹. */
const VECTORS: i32 = 1024;
const WHITE: i32 = 255000;
const SMOOTH: f64 = 0.1;
const LEAST_IMPULSE: f64 = 16000;
const SHIFT: i32 = 9;
const BLOCK: i32 = 8;
const BAND: i32 = 16;
const MOST_ROWS: i32 = 128;

/** Whether the rows above and below are looked at, too. */
function isInBand(y: i32, height: i32): bool {
  return y > 0 && y < height - 1 && (height <= MOST_ROWS || (y % BAND !== 0 && y % BAND !== BAND - 1));
}

/** Σ of two int64 lanes. */
function total64(lanes: v128): f64 {
  return <f64>(i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1));
}

/**
 * Fourteen float64 into `sums`. `deviation`: of luma.
 * @param masks `[3, stride]` int32: where a column is of the image, has both neighbours, has a right one
 * @param columns `[stride]` int32, the columns' sums; `rows`: two float64, the last two rows' sums; both are kept
 */
export function measureStructure(
  from: i32,
  to: i32,
  height: i32,
  width: i32,
  stride: i32,
  luma: usize,
  masks: usize,
  columns: usize,
  rows: usize,
  deviation: f64,
  sums: usize,
): void {
  const rowBytes = (<usize>stride) << 2;
  const zero = i32x4.splat(0);
  const black = zero;
  const white = i32x4.splat(WHITE);
  const flat = i32x4.splat(<i32>Math.floor(SMOOTH * deviation));
  const tall = i32x4.splat(<i32>Math.max(LEAST_IMPULSE, Math.floor(deviation)));
  const deep = i32x4.neg(tall);
  let across = i64x2.splat(0);
  let acrossSecond = i64x2.splat(0);
  let down = i64x2.splat(0);
  let downBlocks = i64x2.splat(0);
  let bendAcross = i64x2.splat(0);
  let bendDown = i64x2.splat(0);
  let smooth = i64x2.splat(0);
  let impulses = i64x2.splat(0);
  let equal = i64x2.splat(0);
  let xx = i64x2.splat(0);
  let yy = i64x2.splat(0);
  let xy = i64x2.splat(0);
  const bands = (height + MOST_ROWS - 1) / MOST_ROWS;
  if (from === 0) memory.fill(columns, 0, rowBytes);
  let secondLast = load<f64>(rows);
  let last = load<f64>(rows, 8);
  let rowBend: f64 = 0;
  for (let y = from; y < to; y++) {
    if ((y / BAND) % bands !== 0) continue;
    let row = luma + <usize>y * rowBytes + (LEFT << 2);
    let up = y > 0 ? row - rowBytes : row;
    let below = y < height - 1 ? row + rowBytes : row;
    const hasBelow = i32x4.splat(y < height - 1 ? -1 : 0);
    const isInner = i32x4.splat(y > 0 && y < height - 1 ? -1 : 0);
    const isBetween = i32x4.splat(isInBand(y, height) ? -1 : 0);
    let mask = masks;
    let column = columns;
    let rowSum = i64x2.splat(0);
    let downOfRow = i64x2.splat(0);
    for (let x = 0; x < width; ) {
      let total4 = zero;
      let across4 = zero;
      let acrossSecond4 = zero;
      let down4 = zero;
      let bendAcross4 = zero;
      let bendDown4 = zero;
      let smooth4 = zero;
      let impulses4 = zero;
      let equal4 = zero;
      let xx4 = zero;
      let yy4 = zero;
      let xy4 = zero;
      const pause = min(x + 4 * VECTORS, width);
      for (; x < pause; x += 4, row += 16, up += 16, below += 16, mask += 16, column += 16) {
        const isOfImage = v128.load(mask);
        const hasBoth = v128.load(mask + rowBytes);
        const hasRight = v128.load(mask + 2 * rowBytes);
        const centre = v128.load(row);
        const masked = v128.and(centre, isOfImage);
        total4 = i32x4.add(total4, masked);
        v128.store(column, i32x4.add(v128.load(column), masked));
        const toRight = i32x4.sub(v128.load(row, 4), centre);
        const fromLeft = i32x4.sub(centre, v128.load(row - 4));
        const toBelow = i32x4.sub(v128.load(below), centre);
        const fromUp = i32x4.sub(centre, v128.load(up));

        const stepRight = v128.and(toRight, hasRight);
        const isDown = v128.and(isOfImage, hasBelow);
        const stepDown = v128.and(toBelow, isDown);
        // The last of each eight columns is the last lane of every other vector.
        if ((x & 4) === 0) across4 = i32x4.add(across4, i32x4.abs(stepRight));
        else acrossSecond4 = i32x4.add(acrossSecond4, i32x4.abs(stepRight));
        down4 = i32x4.add(down4, i32x4.abs(stepDown));
        const isGray = v128.and(i32x4.gt_s(centre, black), i32x4.lt_s(centre, white));
        const equalRight = v128.and(i32x4.eq(toRight, zero), hasRight);
        const equalDown = v128.and(i32x4.eq(toBelow, zero), isDown);
        equal4 = i32x4.sub(equal4, v128.and(i32x4.add(equalRight, equalDown), isGray));

        const dx = i32x4.shr_s(v128.and(stepRight, isDown), SHIFT);
        const dy = i32x4.shr_s(v128.and(stepDown, hasRight), SHIFT);
        xx4 = i32x4.add(xx4, i32x4.mul(dx, dx));
        yy4 = i32x4.add(yy4, i32x4.mul(dy, dy));
        xy4 = i32x4.add(xy4, i32x4.mul(dx, dy));

        const bend = i32x4.abs(i32x4.sub(toRight, fromLeft));
        bendAcross4 = i32x4.add(bendAcross4, v128.and(bend, hasBoth));
        smooth4 = i32x4.sub(smooth4, v128.and(i32x4.le_s(bend, flat), hasBoth));
        const bendOfColumn = i32x4.abs(i32x4.sub(toBelow, fromUp));
        bendDown4 = i32x4.add(bendDown4, v128.and(bendOfColumn, v128.and(isBetween, isOfImage)));
        const fromRight = i32x4.neg(toRight);
        const fromBelow = i32x4.neg(toBelow);
        const least = i32x4.min_s(i32x4.min_s(fromLeft, fromRight), i32x4.min_s(fromUp, fromBelow));
        const most = i32x4.max_s(i32x4.max_s(fromLeft, fromRight), i32x4.max_s(fromUp, fromBelow));
        const isImpulse = v128.or(i32x4.ge_s(least, tall), i32x4.le_s(most, deep));
        impulses4 = i32x4.sub(impulses4, v128.and(isImpulse, v128.and(isInner, hasBoth)));
      }
      rowSum = addWide(rowSum, total4);
      across = addWide(across, i32x4.add(across4, acrossSecond4));
      acrossSecond = i64x2.add(acrossSecond, i64x2.extend_high_i32x4_s(acrossSecond4));
      downOfRow = addWide(downOfRow, down4);
      bendAcross = addWide(bendAcross, bendAcross4);
      bendDown = addWide(bendDown, bendDown4);
      smooth = addWide(smooth, smooth4);
      impulses = addWide(impulses, impulses4);
      equal = addWide(equal, equal4);
      xx = addWide(xx, xx4);
      yy = addWide(yy, yy4);
      xy = addWide(xy, xy4);
    }
    const sum = total64(rowSum);
    if (isInBand(y - 1, height)) rowBend += Math.abs(secondLast - 2 * last + sum);
    secondLast = last;
    last = sum;
    down = i64x2.add(down, downOfRow);
    if (y % BLOCK === BLOCK - 1) downBlocks = i64x2.add(downBlocks, downOfRow);
  }
  store<f64>(sums, total64(across));
  store<f64>(sums, <f64>i64x2.extract_lane(acrossSecond, 1), 8);
  store<f64>(sums, total64(down), 16);
  store<f64>(sums, total64(downBlocks), 24);
  store<f64>(sums, total64(bendAcross), 32);
  store<f64>(sums, total64(bendDown), 40);
  store<f64>(sums, total64(smooth), 48);
  store<f64>(sums, total64(impulses), 56);
  store<f64>(sums, total64(equal), 64);
  store<f64>(sums, total64(xx), 72);
  store<f64>(sums, total64(yy), 80);
  store<f64>(sums, total64(xy), 88);
  store<f64>(rows, secondLast);
  store<f64>(rows, last, 8);
  store<f64>(sums, rowBend, 96);
  store<f64>(sums, to === height ? bendOfColumns(columns, width) : 0, 104);
}

function bendOfColumns(columns: usize, width: i32): f64 {
  let bend: f64 = 0;
  for (let x = 1; x < width - 1; x++) {
    const at = columns + ((<usize>x) << 2);
    bend += Math.abs(<f64>load<i32>(at - 4) - 2 * <f64>load<i32>(at) + <f64>load<i32>(at, 4));
  }
  return bend;
}
