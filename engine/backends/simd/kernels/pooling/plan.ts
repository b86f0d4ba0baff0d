/** Pooling as calls, one for each region of the map whose windows see the same taps. */
import { callShape } from '../../abi.js';
import { type AxisGroup, adaptiveAxis, poolingAxis } from '../../planning/axis.js';
import { rowStrides, type Value } from '../../planning/draft.js';
import { inputTapTable, positionsIn, positionTable, regionsOf } from '../../planning/regions.js';
import type { Step } from '../../planning/step.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  onlyWay,
  type Way,
  weightless,
} from '../../planning/step.js';

const POOLING = 'inputOffset outputOffset positionsAt positions tapsAt taps floats clampAt';

/**
 * `output[p] = max over taps of input[p + tap]`, elementwise over the `floats` of a position (`images·channelStride`,
 * a multiple of 16). `positionsAt`: pairs (int32 input offset, int32 output offset); `tapsAt`: an int32 offset a tap.
 * A unit is a position.
 */
export const MAX_POOL = callShape('maxPool', POOLING);

/** Like `maxPool`, but the sum over taps divided by the float32 at `divisorAt` (given 8 times over). */
export const AVERAGE_POOL = callShape('averagePool', POOLING, 'divisorAt');

type Pooling = Extract<Step, { kind: 'maxPool' | 'averagePool' | 'adaptiveAveragePool' | 'adaptiveMaxPool' }>;

export function poolingWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (!('values' in reads)) return [];
  switch (step.kind) {
    case 'maxPool':
    case 'averagePool':
    case 'adaptiveAveragePool':
    case 'adaptiveMaxPool':
      return onlyWay(() => emitPooling(step, reads.values[0], operands, compilation));
    default:
      return [];
  }
}

function emitPooling(
  step: Pooling,
  input: Value,
  { node, output, clamp }: Operands,
  { draft, images }: Compilation,
): Emitted {
  const regions = regionsOf(poolingGroups(step, input, 0), poolingGroups(step, input, 1));
  const from = rowStrides(input);
  const to = rowStrides(output);
  const [down, across] = (step.kind === 'maxPool' && step.window.dilation) || [1, 1];
  const apart = { ...from, y: from.y * down, x: from.x * across };
  const isMax = step.kind === 'maxPool' || step.kind === 'adaptiveMaxPool';
  for (const region of regions) {
    const words = {
      inputOffset: input.buffer,
      outputOffset: output.buffer,
      positionsAt: positionTable(draft, region, from, to),
      positions: positionsIn(region),
      tapsAt: inputTapTable(draft, region, apart),
      taps: region.y.taps.length * region.x.taps.length,
      floats: images * input.channelStride,
      clampAt: draft.clamp(clamp),
    };
    if (isMax) {
      draft.call(MAX_POOL, node, words.positions, words);
    } else {
      const divisor = region.y.divisor * region.x.divisor;
      const divisorAt = draft.table(`divisor ${divisor}`, () => new Float32Array(8).fill(divisor));
      draft.call(AVERAGE_POOL, node, words.positions, { ...words, divisorAt });
    }
  }
  return weightless(inRegions(isMax ? 'maxPool' : 'averagePool', regions.length));
}

function poolingGroups(step: Pooling, input: Value, d: 0 | 1): AxisGroup[] {
  const size = input.map[d + 1]!;
  if ('output' in step) return adaptiveAxis(size, step.output[d]);
  const { kernel, stride, padding, ceilMode } = step.window;
  const window = {
    kernel: kernel[d],
    stride: stride[d],
    before: padding[2 * d]!,
    after: padding[2 * d + 1]!,
    ceilMode,
    dilation: step.kind === 'maxPool' ? (step.window.dilation?.[d] ?? 1) : 1,
  };
  return poolingAxis(size, window, step.kind === 'averagePool' && step.window.countIncludePad);
}
