import { exponentialSeries } from './exponentials.js';
import { highOf, scaled, upperPart, withHigh } from './words.js';

/** 2 / (3·ln 2) and ln 2: the number, its upper 21 bits, and the rest. */
const [BASE, BASE_HIGH, BASE_LOW] = [0.9617966939259756, 0.9617967009544373, -7.028461650952758e-9];
const [LN2_HIGH, LN2_LOW] = [0.6931471824645996, -1.904654299957768e-9];
/** log₂ 1.5 in two parts. */
const [SHIFT_HIGH, SHIFT_LOW] = [0.5849624872207642, 1.350039202129749e-8];

/** Math.pow's special cases. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === -1) return 1 / x;
  const size = Math.abs(x);
  if (y === 0.5 && x > 0) return Math.sqrt(x);
  if (Math.abs(y) === Number.POSITIVE_INFINITY) {
    if (size === 1) return Number.NaN;
    return size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0;
  }
  const isNegative = x < 0 || Object.is(x, -0);
  const isOdd = Math.abs(y % 2) === 1;
  if (x < 0 && size !== Number.POSITIVE_INFINITY && !Number.isInteger(y)) return Number.NaN;
  const power = powerOf(size, y);
  return isNegative && isOdd ? -power : power;
}

function powerOf(x: number, y: number): number {
  if (x === 0 || x === Number.POSITIVE_INFINITY || x === 1) return y < 0 ? 1 / x : x;
  const [high, low] = log2(x);
  const part = upperPart(y);
  return exp2(part * high, (y - part) * high + y * low);
}

/** In two parts, of which the first has 21 bits. */
function log2(x: number): [high: number, low: number] {
  const isSubnormal = x < 2 ** -1022;
  const normal = isSubnormal ? x * 2 ** 53 : x;
  const word = highOf(normal);
  const fraction = word & 0x000fffff;
  // x = 2ⁿ·m, and m is nearest to 1 or to 1.5.
  const [isNearOne, isNearTwo] = [fraction <= 0x3988e, fraction >= 0xbb67a];
  const n = (word >> 20) - 1023 - (isSubnormal ? 53 : 0) + (isNearTwo ? 1 : 0);
  const head = fraction | (isNearTwo ? 0x3fe00000 : 0x3ff00000);
  const m = withHigh(normal, head);
  const near = isNearOne || isNearTwo ? 1 : 1.5;
  // s = (m − near) / (m + near).
  const [above, part] = [m - near, 1 / (m + near)];
  const s = above * part;
  const sHigh = upperPart(s);
  const sumHigh = withHigh(0, ((head >> 1) | 0x20000000) + 0x00080000 + (near === 1 ? 0 : 0x00040000));
  const sumLow = m - (sumHigh - near);
  const sLow = part * (above - sHigh * sumHigh - sHigh * sumLow);
  const series = logSeries(s * s) + sLow * (sHigh + s);
  const square = sHigh * sHigh;
  const tHigh = upperPart(3 + square + series);
  const tLow = series - (tHigh - 3 - square);
  const [u, v] = [sHigh * tHigh, sLow * tHigh + tLow * s];
  const pHigh = upperPart(u + v);
  const pLow = v - (pHigh - u);
  const shift = near === 1 ? [0, 0] : [SHIFT_HIGH, SHIFT_LOW];
  const zHigh = BASE_HIGH * pHigh;
  const zLow = BASE_LOW * pHigh + pLow * BASE + shift[1]!;
  const high = upperPart(zHigh + zLow + shift[0]! + n);
  return [high, zLow - (high - n - shift[0]! - zHigh)];
}

function logSeries(z: number): number {
  const last = z * (0.272728123808534 + z * (0.23066074577556175 + z * 0.20697501780033842));
  return z * z * (0.5999999999999946 + z * (0.4285714285785502 + z * (0.33333332981837743 + last)));
}

/** `2^(high + low)`. */
function exp2(high: number, low: number): number {
  const sum = low + high;
  // log₂ of the largest number lies this below 1024.
  if (sum > 1024 || (sum === 1024 && low + 8.008566259537294e-17 > sum - high)) return Number.POSITIVE_INFINITY;
  if (sum < -1075 || (sum === -1075 && low <= sum - high)) return 0;
  const n = Math.abs(sum) > 0.5 ? Math.trunc(sum + (sum < 0 ? -0.5 : 0.5)) : 0;
  const rest = high - n;
  const head = upperPart(low + rest);
  const [u, v] = [head * LN2_HIGH, (low - (head - rest)) * Math.LN2 + head * LN2_LOW];
  const z = u + v;
  const lost = v - (z - u);
  const c = z - z * z * exponentialSeries(z * z);
  // Sun's last bracket ends before the minus; V8's does not, nor does ours.
  const r = (z * c) / (c - 2 - (lost + z * lost));
  return scaled(1 - (r - z), n);
}
