/** Direct convolutions by Strassen's seven products (`pack.ts`): pairs of positions as rows, halves of channels. */
import { roundUp } from '../../../../../base/wasm/index.js';
import { ALIGNMENT, callShape, LANES, OPERANDS, padded, panelsOf, SLACK, TILE_BYTES, TILE_ROWS } from '../../abi.js';
import { axes, type Filter, tapNumbers, tapOffset } from '../../planning/axis.js';
import { type Draft, type RowStrides, rowStrides, type Table, type Value } from '../../planning/draft.js';
import {
  describeRegion,
  type Pieces,
  piecesOf,
  positionOffsets,
  positionsIn,
  type Region,
  regionsOf,
  showStrides,
  tapsIn,
} from '../../planning/regions.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  operandWords,
  USUAL_IMAGES,
  type Way,
  type Work,
} from '../../planning/step.js';
import { FACTORS, factorsBytes, packStrassen, SUMS } from './pack.js';

/**
 * Like `convolution`, but with seven products of halves instead of eight, see `pack.ts`. A unit is `rowsPerUnit` rows
 * and needs `strassenScratch` bytes.
 * - `k` and `panels` are those of a half: an input row has two halves of `k` channels, a multiple of 8.
 * - `rowsAt`: for each of `rows` rows four int32 byte offsets: input and output at one position, input and output at
 *   another position of the same image. `rows`, `rowsPerUnit` and the rows of the last unit are even and at least 4.
 *   A row may come twice.
 * - `tapsAt`: `taps` int32 byte offsets to a row's input. `piecesAt`: as in `convolution`, with weight offsets into
 *   one factor. `sumPiecesAt`: the same for rows that hold `k` channels of each tap, one after the other.
 * - `weightsAt`: `[panel][factor][tap][k][16]`, one panel every `panelBytes`. A unit goes through its rows for the
 *   first `panelsPerGroup` panels, then for the next.
 * - `makesFactors`: 1 if `weightsAt` has the four `STORED_BLOCKS`; a unit then makes the other factors of a group in
 *   its scratch.
 */
export const STRASSEN = callShape(
  'strassen',
  OPERANDS,
  'rowsAt rows rowsPerUnit panels panelsPerGroup tapsAt taps k piecesAt sumPiecesAt pieces',
  'piecesPerBlock panelBytes makesFactors',
);

/** Bytes of a row in `rowsAt`: input and output at one position, input and output at the other. */
export const PAIR_BYTES = 16;
/** Tiles that lie in the scratch: zeros, three sums of products, and the blocks of a sum. */
export const STRASSEN_TILES = 5;

/** Tiles, offsets of the rows of sums, these rows, factors. @param madeBytes of a group's stored blocks, or 0 */
export function strassenScratch(sizes: Record<'rowsPerUnit' | 'taps' | 'k', number>, madeBytes: number): number {
  const { rowsPerUnit, taps, k } = sizes;
  const offsets = roundUp(rowsPerUnit * PAIR_BYTES, ALIGNMENT);
  return STRASSEN_TILES * TILE_BYTES + offsets + SUMS * rowsPerUnit * padded(taps * k) + madeBytes + SLACK;
}

/** Bytes of sums and inputs of a unit, a quarter of a small L2 cache; it reads all weights, so it has a few rows. */
const UNIT_BYTES = 256 << 10;
const LEAST_ROWS = 24;
/**
 * Weights whose factors would have more bytes come from outer memory: as few units as possible read them, each with
 * so many rows that it can make the factors that are sums, instead of reading 3/4 more.
 */
const LARGE_WEIGHTS = 3 << 20;
const LARGE_UNIT_BYTES = 4800 << 10;
/** Bytes of the factors of a group of panels: half of a small L2 cache. */
const GROUP_BYTES = 512 << 10;

export function strassenWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || !('values' in reads) || !suitsStrassen(step.filter, compilation)) return [];
  const { filter } = step;
  const [input] = reads.values;
  const { y, x } = axes(filter, input, operands.output);
  const regions = regionsOf(y, x);
  const work = () => strassenWork(regions, filter, input, operands);
  return [{ work, emit: () => emitStrassen(filter, regions, tapNumbers(filter, y, x), input, operands, compilation) }];
}

/** Whether the channels can be halved: the input's into whole vectors, the output's into whole panels. */
function suitsStrassen({ inChannels, outChannels, groups }: Filter, { precision }: Compilation): boolean {
  return precision !== 'exact' && groups === 1 && inChannels % LANES === 0 && panelsOf(outChannels) % 2 === 0;
}

/** @param taps the packed taps, as numbers `row·width + column` */
function emitStrassen(
  filter: Filter,
  regions: readonly Region[],
  taps: readonly number[],
  input: Value,
  operands: Operands,
  compilation: Compilation,
): Emitted {
  const { draft, weights, images, threads } = compilation;
  const readBytes = factorsBytes(filter, taps.length);
  const isLarge = readBytes > LARGE_WEIGHTS;
  const packed = packStrassen(weights, filter, taps, isLarge);
  const k = filter.inChannels / 2;
  const panels = panelsOf(filter.outChannels) / 2;
  // If a unit's sums stay in an L2 cache, panels are not grouped.
  const panelsPerGroup = isLarge ? Math.max(1, Math.floor((GROUP_BYTES / readBytes) * panels)) : 1;
  const from = rowStrides(input);
  const to = rowStrides(operands.output);
  let macsDone = 0;
  for (const region of regions) {
    const words = regionTaps(draft, filter, region, taps, k, from);
    const floats = words.taps * k;
    const { rows, rowsPerUnit, units } = inUnits(rowsOf(region, images), mostRows(floats, isLarge), threads);
    draft.call(STRASSEN, operands.node, units, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: pairTable(draft, region, { images, rows }, from, to),
      rows,
      rowsPerUnit,
      panels,
      panelsPerGroup,
      ...words,
      panelBytes: packed.stride,
      makesFactors: Number(isLarge),
    });
    const madeBytes = isLarge ? panelsPerGroup * packed.stride : 0;
    draft.needScratch(strassenScratch({ rowsPerUnit, taps: words.taps, k }, madeBytes));
    macsDone += Math.ceil(positionsIn(region) / 2) * FACTORS.length * floats * (filter.outChannels / 2);
  }
  return { kernel: inRegions('strassen', regions.length), macsDone, weightBytes: packed.bytes };
}

/** @param floats of one sum */
function mostRows(floats: number, isLarge: boolean): number {
  const unitBytes = isLarge ? LARGE_UNIT_BYTES : UNIT_BYTES;
  return Math.max(LEAST_ROWS, Math.floor(unitBytes / (4 * floats * (SUMS + 4))));
}

/** The words of a region's taps. @param packedTaps those of the packed weights; `k` channels of a part */
function regionTaps(
  draft: Draft,
  filter: Filter,
  region: Region,
  packedTaps: readonly number[],
  k: number,
  from: RowStrides,
): Pieces & { tapsAt: Table; taps: number; k: number; sumPiecesAt: Table } {
  const live = tapsIn(region);
  const weights = live.map(([row, column]) => packedTaps.indexOf(row * filter.kernel[1] + column) * k * LANES * 4);
  const inputs = live.map((tap) => tapOffset(filter, tap, from));
  const tapsAt = draft.table(`taps ${inputs.join()}`, () => Int32Array.from(inputs));
  const paired = (offsets: readonly number[]) => offsets.map((offset, i) => [offset, weights[i]!] as const);
  const pieces = (offsets: readonly number[]) => piecesOf(draft, paired(offsets), k);
  const sumPiecesAt = pieces(live.map((_, i) => i * k * 4)).piecesAt;
  return { tapsAt, taps: live.length, k, ...pieces(inputs), sumPiecesAt };
}

/** Rows of two positions each, for each image. The last position takes the place of one that is missing. */
export function rowsOf(region: Region, images: number): number {
  return Math.ceil(positionsIn(region) / 2) * images;
}

/** As many rows in each unit as possible, about `most`, and a unit for each thread. Each gets an even number, at least four. */
export function inUnits(rows: number, most: number, threads: number) {
  const wanted = roundUp(Math.max(1, Math.round(rows / most)), threads);
  const rowsPerUnit = Math.max(4, roundUp(Math.ceil(rows / wanted), TILE_ROWS));
  const units = Math.ceil(rows / rowsPerUnit);
  const last = Math.max(4, roundUp(rows - (units - 1) * rowsPerUnit, 2));
  return { rows: (units - 1) * rowsPerUnit + last, rowsPerUnit, units };
}

/** `rowsAt`: neighbours in the order of the map make a row. */
export function pairTable(
  draft: Draft,
  region: Region,
  { images, rows }: { images: number; rows: number },
  from: RowStrides,
  to: RowStrides,
): Table {
  const place = `${describeRegion(region)} ${images} ${rows} ${showStrides(from)} ${showStrides(to)}`;
  return draft.table(`pairs ${place}`, () => {
    const positions = positionOffsets(region, from, to);
    const last = positions.at(-1)!;
    const words = new Int32Array(rows * 4);
    let at = 0;
    for (let first = 0; at < words.length && first < positions.length; first += 2) {
      const pair = [positions[first]!, positions[first + 1] ?? last];
      for (let image = 0; image < images; image++) {
        for (const [input, output] of pair) {
          words[at++] = input + image * from.image;
          words[at++] = output + image * to.image;
        }
      }
    }
    for (; at < words.length; at++) words[at] = words[at - 4]!;
    return words;
  });
}

/*
 * Costs besides the multiplications, fitted to the layers of thirteen networks with seven products and with eight
 * (Zen 5, 256-bit): that of a product, in input channels, since tiles are loaded, stored and added; and those of a
 * sum of inputs and of a residual that is added, beside that of a float of a Winograd transform. Inputs of one tap
 * are read in a row. Where inputs come from an outer cache, other kernels wait for them as long, so a sum costs
 * little there. Residuals come from outer memory while a tile waits, if they are not near.
 */
const STEPS_OF_A_PRODUCT = 9;
const SUM_COST = { near: 0.4, far: 0.1 };
const SUM_OF_TAPS_COST = 0.5;
const RESIDUAL_COST = { near: 0.3, far: 1.3 };
/** An image's values of up to so many bytes are near: in an L2 cache. */
const NEAR_BYTES = 448 << 10;

export function strassenWork(
  regions: readonly Region[],
  filter: Filter,
  input: Value,
  { output, residual }: Operands,
): Work {
  const channels = filter.inChannels / 2;
  const columns = (panelsOf(filter.outChannels) / 2) * LANES;
  const oneTapCost = SUM_COST[distanceOf(input)];
  const residualCost = residual === null ? 0 : RESIDUAL_COST[distanceOf(output)];
  let [multiplyAdds, transformFloats, weightFloats] = [0, 0, 0];
  for (const region of regions) {
    const rows = rowsOf(region, USUAL_IMAGES);
    const taps = tapsIn(region).length;
    const floats = taps * channels;
    const sumCost = taps === 1 ? oneTapCost : SUM_OF_TAPS_COST;
    multiplyAdds += rows * FACTORS.length * (floats + STEPS_OF_A_PRODUCT) * columns;
    transformFloats += sumCost * SUMS * rows * floats + residualCost * 4 * rows * columns;
    // Units read the weights again, but while they multiply.
    weightFloats += FACTORS.length * floats * columns;
  }
  return { multiplyAdds, transformFloats, weightFloats };
}

/** By the size of an image's map, not by that of a batch: no bit of a result depends on the batch. */
function distanceOf({ map }: Value): 'near' | 'far' {
  return 4 * map[0] * map[1] * map[2] <= NEAR_BYTES ? 'near' : 'far';
}
