/** Linears with large weights, all of them numbers of float16, as calls. The results have the same bits as with float32. */
import { LANES, panelsOf } from '../../abi/layout.js';
import type { Compilation, Emitted, Layer, Operands, Way } from '../../planning/emission.js';
import { operandWords } from '../../planning/emission.js';
import { axes, type Filter, tapNumbers, tapOffset } from '../../planning/filter.js';
import { blocksOf, piecesOf } from '../../planning/pieces.js';
import { regionsOf, tapsIn } from '../../planning/regions.js';
import { rowStrides, type Value } from '../../planning/value.js';
import { areHalf, packHalves } from './pack.js';
import { HALVES, halvesScratch } from './words.js';

/** Bytes in float32: fewer stay in an outer cache from batch to batch. */
const LEAST_BYTES = 6 << 20;

export function halvesWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || !('values' in reads)) return [];
  const { filter } = step;
  const [input] = reads.values;
  if (!waitsForMemory(filter, operands.output)) return [];
  if (!areHalf(compilation.weights.tensor(filter.node, 'weight'))) return [];
  // Other ways read twice as much, and wait for it.
  const work = () => ({ multiplyAdds: 0, transformFloats: 0, weightFloats: 0 });
  return [{ work, emit: () => emitHalves(filter, input, operands, compilation) }];
}

/** Each weight is used once an image. */
function waitsForMemory({ groups, inChannels, outChannels, kernel }: Filter, { map }: Value): boolean {
  const bytes = 4 * inChannels * kernel[0] * kernel[1] * outChannels;
  // Every piece must be a block of its own.
  const hasBlocks = blocksOf(inChannels) > 1;
  return map[1] * map[2] === 1 && groups === 1 && hasBlocks && bytes > LEAST_BYTES;
}

function emitHalves(
  filter: Filter,
  input: Value,
  operands: Operands,
  { draft, weights, images }: Compilation,
): Emitted {
  const { y, x } = axes(filter, input, operands.output);
  const taps = tapNumbers(filter, y, x);
  const packed = packHalves(weights, filter, taps);
  const from = rowStrides(input);
  const k = filter.inChannels;
  const [region] = regionsOf(y, x);
  const [row, column] = [region!.y.positions[0]!, region!.x.positions[0]!];
  const origin = row.origin * from.y + column.origin * from.x;
  const offsets = tapsIn(region!).map((tap, i): [number, number] => [
    origin + tapOffset(filter, tap, from),
    i * k * LANES * 4,
  ]);
  const { piecesAt, pieces } = piecesOf(draft, offsets, k);
  draft.call(HALVES, operands.node, panelsOf(filter.outChannels), {
    ...operandWords(draft, input, packed, operands),
    rows: images,
    inputBytes: from.image,
    outputBytes: rowStrides(operands.output).image,
    piecesAt,
    pieces,
    panelBytes: packed.stride,
  });
  draft.needScratch(halvesScratch(images));
  return { kernel: 'halves', macsDone: taps.length * k * filter.outChannels, weightBytes: packed.bytes };
}
