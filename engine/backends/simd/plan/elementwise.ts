/** Layers that multiply nothing, or every number once: pooling, batch norm, addition, concatenation. */
import { LANES } from '../abi.js';
import { type AxisGroup, adaptiveAxis, pointwiseAxis, poolingAxis } from './axis.js';
import { NO_CLAMP } from './draft.js';
import { type Compilation, type Emitted, inRegions, type Operands, operandWords, weightless } from './emission.js';
import type { Step } from './lower.js';
import { panelsOf } from './pack-filters.js';
import {
  inputTapTable,
  positionsIn,
  positionTable,
  regionsOf,
  rowTable,
  rowTilesIn,
  weightedTapTable,
} from './regions.js';
import { floatsOf, rowStrides, type Value } from './value.js';

type Pooling = Extract<Step, { kind: 'maxPool' | 'averagePool' | 'adaptiveAveragePool' }>;

/** Floats of a unit of `add`. */
const ADD_UNIT = 1024;

export function emitPooling(
  step: Pooling,
  input: Value,
  { node, output, clamp }: Operands,
  { draft, images }: Compilation,
): Emitted {
  const regions = regionsOf(poolingGroups(step, input, 0), poolingGroups(step, input, 1));
  const from = rowStrides(input);
  const to = rowStrides(output);
  for (const region of regions) {
    const words = {
      inputOffset: input.buffer,
      outputOffset: output.buffer,
      positionsAt: positionTable(draft, region, from, to),
      positions: positionsIn(region),
      tapsAt: inputTapTable(draft, region, from),
      taps: region.y.taps.length * region.x.taps.length,
      floats: images * input.channelStride,
      clampAt: draft.clamp(clamp),
    };
    if (step.kind === 'maxPool') {
      draft.call('maxPool', node, words.positions, words);
    } else {
      const divisor = region.y.divisor * region.x.divisor;
      const divisorAt = draft.table(`divisor ${divisor}`, () => new Float32Array(8).fill(divisor));
      draft.call('averagePool', node, words.positions, { ...words, divisorAt });
    }
  }
  return weightless(inRegions(step.kind === 'maxPool' ? 'maxPool' : 'averagePool', regions.length));
}

function poolingGroups(step: Pooling, input: Value, d: 0 | 1): AxisGroup[] {
  const size = input.map[d + 1]!;
  if (step.kind === 'adaptiveAveragePool') return adaptiveAxis(size, step.output[d]);
  const { kernel, stride, padding, ceilMode } = step.window;
  const window = {
    kernel: kernel[d],
    stride: stride[d],
    before: padding[2 * d]!,
    after: padding[2 * d + 1]!,
    ceilMode,
  };
  return poolingAxis(size, window, step.kind === 'averagePool' && step.window.countIncludePad);
}

/** A batch norm: a depthwise convolution with one tap. */
export function emitScale(
  { norm }: Extract<Step, { kind: 'scale' }>,
  input: Value,
  operands: Operands,
  { draft, weights, images }: Compilation,
): Emitted {
  const { node, output } = operands;
  const [channels, height, width] = input.map;
  const [region] = regionsOf(pointwiseAxis(height), pointwiseAxis(width));
  const packed = weights.scale(norm);
  const rowTiles = rowTilesIn(region!, images);
  const panels = panelsOf(channels);
  draft.call('depthwise', node, rowTiles * panels, {
    ...operandWords(draft, input, packed, operands),
    rowsAt: rowTable(draft, region!, images, rowStrides(input), rowStrides(output)),
    rowTiles,
    panels,
    tapsAt: weightedTapTable(draft, [[0, 0]]),
    taps: 1,
  });
  const macs = channels * height * width;
  return { kernel: 'depthwise', macsWritten: macs, macsDone: macs, weightBytes: packed.bytes };
}

/** The sum of all inputs, one after another. */
export function emitAdd(
  inputs: readonly Value[],
  { node, output, clamp }: Operands,
  { draft, images }: Compilation,
): Emitted {
  const floats = floatsOf(output, images);
  const [first, ...rest] = inputs as [Value, ...Value[]];
  const terms = rest.length === 0 ? [null] : rest;
  for (const [i, term] of terms.entries()) {
    if (i > 0) draft.nextStep();
    draft.call('add', node, Math.ceil(floats / ADD_UNIT), {
      aOffset: i === 0 ? first.buffer : output.buffer,
      bOffset: term?.buffer ?? 0,
      outputOffset: output.buffer,
      floats,
      clampAt: draft.clamp(i === terms.length - 1 ? clamp : NO_CLAMP),
    });
  }
  return weightless('add');
}

export function emitConcat(inputs: readonly Value[], { node, output }: Operands, compilation: Compilation): Emitted {
  const { draft, images } = compilation;
  const [channels, height, width] = output.map;
  if (channels % LANES !== 0) clearLastPanel(node, output, compilation);
  let channel = 0;
  for (const input of inputs) {
    draft.call('copyChannels', node, height * width * images, {
      inputOffset: input.buffer,
      inputStride: input.channelStride,
      outputOffset: { buffer: output.buffer, plus: channel * 4 },
      outputStride: output.channelStride,
      rows: height * width * images,
      channels: input.map[0],
    });
    channel += input.map[0];
  }
  return weightless('copyChannels');
}

/** Zeros where the padding of the channels will stay: a convolution of nothing. */
function clearLastPanel(node: string, output: Value, { draft, images }: Compilation): void {
  const [, height, width] = output.map;
  const [region] = regionsOf(pointwiseAxis(height), pointwiseAxis(width));
  const rowTiles = rowTilesIn(region!, images);
  const zeros = draft.table('zeros', () => new Float32Array(LANES));
  draft.call('convolution', node, rowTiles, {
    inputOffset: output.buffer,
    outputOffset: { buffer: output.buffer, plus: (output.channelStride - LANES) * 4 },
    weightsAt: zeros,
    biasAt: zeros,
    residualOffset: 0,
    clampAt: draft.clamp(NO_CLAMP),
    rowsAt: rowTable(draft, region!, images, rowStrides(output), rowStrides(output)),
    rowTiles,
    blockTiles: rowTiles,
    panels: 1,
    tapsAt: zeros,
    taps: 0,
    k: 0,
    panelBytes: 0,
    panelsAt: 0,
    touches: 0,
  });
  draft.nextStep();
}
