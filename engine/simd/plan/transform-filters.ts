/**
 * Filters 3×3 as points, `G·g·Gᵀ` (see `../transforms.ts`), `[point][panel][k][16]`: in float64, rounded once. What a start
 * spends most of its time on, so the products are written out for each kind, with the sums that points share.
 */
import { LANES, type TRANSFORMS } from '../abi.js';

/** Of one column of a filter or of points, `length` numbers apart, from `from[at…]` to `to[start…]`. */
type AxisTransform = (
  from: Float64Array,
  at: number,
  step: number,
  to: Float64Array,
  start: number,
  stride: number,
) => void;

const AXES: Readonly<Record<keyof typeof TRANSFORMS, { points: number; transform: AxisTransform }>> = {
  winograd4: {
    points: 6,
    transform(from, at, step, to, start, stride) {
      const a = from[at]!;
      const b = from[at + step]!;
      const c = from[at + 2 * step]!;
      const outer = (a + c) / -6;
      const far = a / 24 + c / 6;
      to[start] = a / 4;
      to[start + stride] = outer - b / 6;
      to[start + 2 * stride] = outer + b / 6;
      to[start + 3 * stride] = far + b / 12;
      to[start + 4 * stride] = far - b / 12;
      to[start + 5 * stride] = c;
    },
  },
  winograd2: {
    points: 4,
    transform(from, at, step, to, start, stride) {
      const a = from[at]!;
      const b = from[at + step]!;
      const c = from[at + 2 * step]!;
      to[start] = a;
      to[start + stride] = (a + b + c) / 2;
      to[start + 2 * stride] = (a - b + c) / 2;
      to[start + 3 * stride] = c;
    },
  },
  toeplitz2: {
    points: 3,
    transform(from, at, step, to, start, stride) {
      const a = from[at]!;
      const b = from[at + step]!;
      const c = from[at + 2 * step]!;
      to[start] = b;
      to[start + stride] = c - b;
      to[start + 2 * stride] = a - b;
    },
  },
};

/**
 * @param filters `[out][in][3][3]`
 * @param pointFloats from one point to the next in `into`; what lies between is not written
 */
export function transformFilters(
  kernel: keyof typeof TRANSFORMS,
  filters: Float32Array,
  { inChannels, outChannels }: { inChannels: number; outChannels: number },
  into: Float32Array,
  pointFloats: number,
): void {
  const { points, transform } = AXES[kernel];
  const square = points * points;
  const filter = new Float64Array(9);
  const columns = new Float64Array(3 * points);
  const transformed = new Float64Array(square);
  for (let first = 0; first < outChannels; first += LANES) {
    const lanes = Math.min(LANES, outChannels - first);
    for (let c = 0; c < inChannels; c++) {
      const at = (first / LANES) * inChannels * LANES + c * LANES;
      for (let lane = 0; lane < lanes; lane++) {
        const from = ((first + lane) * inChannels + c) * 9;
        for (let i = 0; i < 9; i++) filter[i] = filters[from + i]!;
        for (let x = 0; x < 3; x++) transform(filter, x, 3, columns, x, 3);
        for (let y = 0; y < points; y++) transform(columns, 3 * y, 1, transformed, y * points, 1);
        for (let point = 0; point < square; point++) into[point * pointFloats + at + lane] = transformed[point]!;
      }
      for (let lane = lanes; lane < LANES; lane++) {
        for (let point = 0; point < square; point++) into[point * pointFloats + at + lane] = 0;
      }
    }
  }
}
