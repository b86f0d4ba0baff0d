/** Filters 3×3 as points `G·g·Gᵀ`, rounded once. Most of a start: written out, so V8 keeps a filter in registers. */
import { LANES, panelsOf } from '../../abi.js';
import type { Filter } from '../../planning/axis.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';
import { FAR, NEAR } from './programs.js';
import { pointStride, TRANSFORMS, type TransformKernel } from './tiles.js';

/** `[point][panel][k][16]`. */
export function packTransformed(weights: PackedWeights, kernel: TransformKernel, filter: Filter): Packed {
  const points = TRANSFORMS[kernel].points ** 2;
  const { inChannels, outChannels } = filter;
  const stride = pointStride(inChannels, panelsOf(outChannels) * LANES);
  const address = weights.place(filter.node, kernel, (points * stride) / 4, (floats) =>
    transformFilters(kernel, weights.tensor(filter.node, 'weight'), { inChannels, outChannels }, floats, stride / 4),
  );
  return { weights: address, bias: weights.bias(filter), stride, bytes: points * stride };
}

/** `G·g` for one axis: writes the points of three taps to every `stride`-th float of `into`. */
export type RowTransform = (
  into: Float32Array | Float64Array,
  to: number,
  stride: number,
  a: number,
  b: number,
  c: number,
) => void;

/** Transforms one filter, from `filters[from…]` to every `stride`-th float of `into` from `to` on. */
type FilterTransform = (filters: Float32Array, from: number, into: Float32Array, to: number, stride: number) => void;

const [ZERO, NEAR_FIRST, FAR_FIRST] = [
  1 / (NEAR ** 2 * FAR ** 2),
  1 / (2 * NEAR ** 2 * (NEAR ** 2 - FAR ** 2)),
  1 / (2 * FAR ** 2 * (FAR ** 2 - NEAR ** 2)),
];
const [NEAR_MIDDLE, NEAR_LAST] = [NEAR_FIRST * NEAR, NEAR_FIRST * NEAR ** 2];
const [FAR_MIDDLE, FAR_LAST] = [FAR_FIRST * FAR, FAR_FIRST * FAR ** 2];

const winograd4: FilterTransform = (filters, from, into, to, stride) => {
  const a0 = filters[from]!;
  const a1 = filters[from + 1]!;
  const a2 = filters[from + 2]!;
  const b0 = filters[from + 3]!;
  const b1 = filters[from + 4]!;
  const b2 = filters[from + 5]!;
  const c0 = filters[from + 6]!;
  const c1 = filters[from + 7]!;
  const c2 = filters[from + 8]!;
  const near0 = a0 * NEAR_FIRST + c0 * NEAR_LAST;
  const near1 = a1 * NEAR_FIRST + c1 * NEAR_LAST;
  const near2 = a2 * NEAR_FIRST + c2 * NEAR_LAST;
  const far0 = a0 * FAR_FIRST + c0 * FAR_LAST;
  const far1 = a1 * FAR_FIRST + c1 * FAR_LAST;
  const far2 = a2 * FAR_FIRST + c2 * FAR_LAST;
  const nearOdd0 = b0 * NEAR_MIDDLE;
  const nearOdd1 = b1 * NEAR_MIDDLE;
  const nearOdd2 = b2 * NEAR_MIDDLE;
  const farOdd0 = b0 * FAR_MIDDLE;
  const farOdd1 = b1 * FAR_MIDDLE;
  const farOdd2 = b2 * FAR_MIDDLE;
  const row = 6 * stride;
  winograd4Row(into, to, stride, a0 * ZERO, a1 * ZERO, a2 * ZERO);
  winograd4Row(into, to + row, stride, near0 + nearOdd0, near1 + nearOdd1, near2 + nearOdd2);
  winograd4Row(into, to + 2 * row, stride, near0 - nearOdd0, near1 - nearOdd1, near2 - nearOdd2);
  winograd4Row(into, to + 3 * row, stride, far0 + farOdd0, far1 + farOdd1, far2 + farOdd2);
  winograd4Row(into, to + 4 * row, stride, far0 - farOdd0, far1 - farOdd1, far2 - farOdd2);
  winograd4Row(into, to + 5 * row, stride, c0, c1, c2);
};

const winograd4Row: RowTransform = (into, to, stride, a, b, c) => {
  const near = a * NEAR_FIRST + c * NEAR_LAST;
  const far = a * FAR_FIRST + c * FAR_LAST;
  const nearOdd = b * NEAR_MIDDLE;
  const farOdd = b * FAR_MIDDLE;
  into[to] = a * ZERO;
  into[to + stride] = near + nearOdd;
  into[to + 2 * stride] = near - nearOdd;
  into[to + 3 * stride] = far + farOdd;
  into[to + 4 * stride] = far - farOdd;
  into[to + 5 * stride] = c;
};

const winograd2: FilterTransform = (filters, from, into, to, stride) => {
  const a0 = filters[from]!;
  const a1 = filters[from + 1]!;
  const a2 = filters[from + 2]!;
  const b0 = filters[from + 3]!;
  const b1 = filters[from + 4]!;
  const b2 = filters[from + 5]!;
  const c0 = filters[from + 6]!;
  const c1 = filters[from + 7]!;
  const c2 = filters[from + 8]!;
  const row = 4 * stride;
  winograd2Row(into, to, stride, a0, a1, a2);
  winograd2Row(into, to + row, stride, (a0 + b0 + c0) / 2, (a1 + b1 + c1) / 2, (a2 + b2 + c2) / 2);
  winograd2Row(into, to + 2 * row, stride, (a0 - b0 + c0) / 2, (a1 - b1 + c1) / 2, (a2 - b2 + c2) / 2);
  winograd2Row(into, to + 3 * row, stride, c0, c1, c2);
};

const winograd2Row: RowTransform = (into, to, stride, a, b, c) => {
  into[to] = a;
  into[to + stride] = (a + b + c) / 2;
  into[to + 2 * stride] = (a - b + c) / 2;
  into[to + 3 * stride] = c;
};

const toeplitz2: FilterTransform = (filters, from, into, to, stride) => {
  const b0 = filters[from + 3]!;
  const b1 = filters[from + 4]!;
  const b2 = filters[from + 5]!;
  const row = 3 * stride;
  toeplitz2Row(into, to, stride, b0, b1, b2);
  toeplitz2Row(into, to + row, stride, filters[from + 6]! - b0, filters[from + 7]! - b1, filters[from + 8]! - b2);
  toeplitz2Row(into, to + 2 * row, stride, filters[from]! - b0, filters[from + 1]! - b1, filters[from + 2]! - b2);
};

const toeplitz2Row: RowTransform = (into, to, stride, a, b, c) => {
  into[to] = b;
  into[to + stride] = c - b;
  into[to + 2 * stride] = a - b;
};

export const FILTER_TRANSFORMS: Readonly<Record<TransformKernel, { whole: FilterTransform; row: RowTransform }>> = {
  winograd4: { whole: winograd4, row: winograd4Row },
  winograd2: { whole: winograd2, row: winograd2Row },
  toeplitz2: { whole: toeplitz2, row: toeplitz2Row },
};

/**
 * @param filters `[out][in][3][3]`
 * @param pointFloats from one point to the next in `into`; the floats between are not written
 */
function transformFilters(
  kernel: TransformKernel,
  filters: Float32Array,
  { inChannels, outChannels }: { inChannels: number; outChannels: number },
  into: Float32Array,
  pointFloats: number,
): void {
  const { whole: transform } = FILTER_TRANSFORMS[kernel];
  const points = TRANSFORMS[kernel].points ** 2;
  for (let first = 0; first < outChannels; first += LANES) {
    const lanes = Math.min(LANES, outChannels - first);
    for (let c = 0; c < inChannels; c++) {
      const at = first * inChannels + c * LANES;
      for (let lane = 0; lane < lanes; lane++) {
        transform(filters, ((first + lane) * inChannels + c) * 9, into, at + lane, pointFloats);
      }
      for (let lane = lanes; lane < LANES; lane++) {
        for (let point = 0; point < points; point++) into[point * pointFloats + at + lane] = 0;
      }
    }
  }
}
