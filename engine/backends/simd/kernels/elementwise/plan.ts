/** Addition and concatenation as calls. */
import { callShape, LANES, NO_CLAMP } from '../../abi.js';
import { pointwiseAxis } from '../../planning/axis.js';
import { floatsOf, rowStrides, type Value } from '../../planning/draft.js';
import { regionsOf, rowTable, rowTilesIn } from '../../planning/regions.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  type Operands,
  onlyWay,
  type Way,
  weightless,
} from '../../planning/step.js';
import { CONVOLUTION, CONVOLUTION_SCRATCH } from '../convolution/plan.js';

/** `clamp(a + b)`, or `clamp(a)` if `bOffset` is 0. A unit is `ADD_UNIT` floats; `floats` is a multiple of 16. */
export const ADD = callShape('add', 'aOffset bOffset outputOffset floats clampAt');

/** Floats of a unit of `add`. */
const ADD_UNIT = 1024;

/** Copies `channels` of each of `rows` rows, float by float, to `outputOffset` on. A unit is a row. */
export const COPY_CHANNELS = callShape(
  'copyChannels',
  'inputOffset inputStride outputOffset outputStride rows channels',
);

export function elementwiseWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (!('values' in reads)) return [];
  if (step.kind === 'add') return onlyWay(() => emitAdd(reads.values, operands, compilation));
  if (step.kind === 'concat') return onlyWay(() => emitConcat(reads.values, step.inPlace, operands, compilation));
  return [];
}

/** The sum of all inputs, one after another. */
function emitAdd(
  [first, ...rest]: readonly [Value, ...Value[]],
  { node, output, clamp }: Operands,
  { draft, images }: Compilation,
): Emitted {
  const floats = floatsOf(output, images);
  const terms = rest.length === 0 ? [null] : rest;
  for (const [i, term] of terms.entries()) {
    if (i > 0) draft.nextStep();
    draft.call(ADD, node, Math.ceil(floats / ADD_UNIT), {
      aOffset: i === 0 ? first.buffer : output.buffer,
      bOffset: term?.buffer ?? 0,
      outputOffset: output.buffer,
      floats,
      clampAt: draft.clamp(i === terms.length - 1 ? clamp : NO_CLAMP),
    });
  }
  return weightless('add');
}

function emitConcat(
  inputs: readonly Value[],
  inPlace: number,
  { node, output }: Operands,
  compilation: Compilation,
): Emitted {
  const { draft, images } = compilation;
  const [channels, height, width] = output.map;
  if (channels % LANES !== 0) clearLastPanel(node, output, compilation);
  let channel = 0;
  for (const [i, input] of inputs.entries()) {
    if (i >= inPlace) {
      draft.call(COPY_CHANNELS, node, height * width * images, {
        inputOffset: input.buffer,
        inputStride: input.channelStride,
        outputOffset: { buffer: output.buffer, plus: channel * 4 },
        outputStride: output.channelStride,
        rows: height * width * images,
        channels: input.map[0],
      });
    }
    channel += input.map[0];
  }
  return weightless('copyChannels');
}

/** Writes the zeros that stay as the padding of the channels, by a convolution without taps. */
function clearLastPanel(node: string, output: Value, { draft, images }: Compilation): void {
  const [, height, width] = output.map;
  const [region] = regionsOf(pointwiseAxis(height), pointwiseAxis(width));
  const rowTiles = rowTilesIn(region!, images);
  const zeros = draft.table('zeros', () => new Float32Array(LANES));
  draft.call(CONVOLUTION, node, rowTiles, {
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
    halfPanels: 0,
    piecesAt: zeros,
    pieces: 0,
    piecesPerBlock: 0,
    panelBytes: 0,
    panelsAt: 0,
    touches: 0,
  });
  draft.needScratch(CONVOLUTION_SCRATCH);
  draft.nextStep();
}
