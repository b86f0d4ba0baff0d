import { highOf, withHigh } from './words.js';

/** Half of π in parts of 33 bits, of which products with an integer are exact; `AFTER[i]` is what follows `PARTS[i]`. */
const PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21] as const;
const AFTER = [6.077100506506192e-11, 2.0222662487959506e-21, 8.4784276603689e-32] as const;
const HALF = Math.PI / 2;
/** Above, the quarter turns are not counted exactly. */
const MOST = 0x413921fb;

/** Quarter turns, and the angle that is left in two parts: the second is what the first lost, null without turns. */
type Turned = [quarters: number, angle: number, lost: number | null];

function turned(x: number): Turned {
  const size = highOf(x) & 0x7fffffff;
  if (size <= 0x3fe921fb) return [0, x, null];
  const sign = Math.sign(x);
  const quarters = size < 0x4002d97c ? 1 : Math.trunc(Math.abs(x) * (2 / Math.PI) + 0.5);
  let left = Math.abs(x) - quarters * PARTS[0];
  let lost = quarters * AFTER[0];
  // Digits that cancel are made up for by the next part.
  for (const [part, bits] of [
    [1, 16],
    [2, 49],
  ] as const) {
    if (quarters < 32 && size !== highOf(quarters * HALF)) break;
    if ((size >> 20) - ((highOf(left - lost) >> 20) & 0x7ff) <= bits) break;
    const before = left;
    lost = quarters * PARTS[part];
    left = before - lost;
    lost = quarters * AFTER[part] - (before - left - lost);
  }
  const angle = left - lost;
  return [sign * quarters, sign * angle, sign * (left - angle - lost)];
}

function sinOf(x: number, lost: number | null): number {
  if ((highOf(x) & 0x7fffffff) < 0x3e400000) return x;
  const z = x * x;
  const last = -2.5050760253406863e-8 + z * 1.58969099521155e-10;
  const r = 0.00833333333332249 + z * (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * last));
  const [cube, first] = [z * x, -0.16666666666666632];
  return lost === null ? x + cube * (first + z * r) : x - (z * (0.5 * lost - cube * r) - lost - cube * first);
}

function cosOf(x: number, lost: number): number {
  const size = highOf(x) & 0x7fffffff;
  if (size < 0x3e400000) return 1;
  const z = x * x;
  const last = -2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11);
  const series = 0.0416666666666666 + z * (-0.001388888888887411 + z * (2.480158728947673e-5 + z * last));
  const rest = z * (z * series) - x * lost;
  if (size < 0x3fd33333) return 1 - (0.5 * z - rest);
  // 1 − q and z / 2 − q are exact.
  const q = size > 0x3fe90000 ? 0.28125 : withHigh(0, size - 0x00200000);
  return 1 - q - (0.5 * z - q - rest);
}

export function sin(x: number): number {
  if ((highOf(x) & 0x7fffffff) > MOST) return Math.sin(x);
  const [quarters, angle, lost] = turned(x);
  const value = (quarters & 1) === 0 ? sinOf(angle, lost) : cosOf(angle, lost ?? 0);
  return (quarters & 2) === 0 ? value : -value;
}

export function cos(x: number): number {
  if ((highOf(x) & 0x7fffffff) > MOST) return Math.cos(x);
  const [quarters, angle, lost] = turned(x);
  const value = (quarters & 1) === 0 ? cosOf(angle, lost ?? 0) : sinOf(angle, lost);
  return ((quarters + 1) & 2) === 0 ? value : -value;
}

/** What π lost as a float64. */
const PI_LOST = 1.2246467991473532e-16;

/** The angle of the point, in [−π, π]. */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const angle = x === 1 ? Math.abs(atan(y)) : angleOf(Math.abs(y), x, Math.abs(x));
  return y < 0 || Object.is(y, -0) ? -angle : angle;
}

function angleOf(y: number, x: number, size: number): number {
  const apart = (highOf(y) - highOf(size)) >> 20;
  if (y !== 0 && (size === 0 || (apart > 60 && y !== size))) return HALF;
  const isLeft = x < 0 || Object.is(x, -0);
  const slope = y === size ? Math.sign(y) : y / size;
  const angle = isLeft && apart < -60 ? 0 : atan(slope);
  return isLeft ? Math.PI - (angle - PI_LOST) : angle;
}

/** Angles whose tangents are ½, 1, 3 / 2 and ∞, and what they lost as float64. */
const ANGLES = [0.4636476090008061, HALF / 2, 0.982793723247329, HALF] as const;
const LOST = [2.2698777452961687e-17, 3.061616997868383e-17, 1.3903311031230998e-17, 6.123233995736766e-17] as const;

function atan(x: number): number {
  const size = Math.abs(x);
  if (size < 0.4375) return size < 2 ** -29 ? x : x - x * arcSeries(x);
  const [near, t] = nearest(size);
  return Math.sign(x) * (ANGLES[near] - (t * arcSeries(t) - LOST[near] - t));
}

/** The nearest of `ANGLES`, and the tangent of what is left. */
function nearest(x: number): [0 | 1 | 2 | 3, number] {
  if (x < 0.6875) return [0, (2 * x - 1) / (2 + x)];
  if (x < 1.1875) return [1, (x - 1) / (x + 1)];
  return x < 2.4375 ? [2, (x - 1.5) / (1 + 1.5 * x)] : [3, -1 / x];
}

function arcSeries(x: number): number {
  const z = x * x;
  const w = z * z;
  const evenEnd = w * (0.06661073137387531 + w * (0.049768779946159324 + w * 0.016285820115365782));
  const even = z * (0.3333333333333293 + w * (0.14285714272503466 + w * (0.09090887133436507 + evenEnd)));
  const oddEnd = w * (-0.058335701337905735 + w * -0.036531572744216916);
  return even + w * (-0.19999999999876483 + w * (-0.11111110405462356 + w * (-0.0769187620504483 + oddEnd)));
}

/** The distance of a point from the origin, summed with compensation (W. Kahan). */
export function hypot(...values: readonly number[]): number {
  const largest = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  if (values.some((one) => Math.abs(one) === Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  if (!(largest > 0)) return largest;
  let [sum, lost] = [0, 0];
  for (const one of values) {
    const term = (one / largest) ** 2 - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return Math.sqrt(sum) * largest;
}
