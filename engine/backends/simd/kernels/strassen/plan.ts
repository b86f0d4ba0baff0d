/**
 * Direct convolutions by Strassen's seven products, see `factors.ts`: pairs of positions as rows, halves of channels.
 */
import { roundUp } from '../../../../../wasm/index.js';
import { LANES, panelsOf, TILE_ROWS } from '../../abi/layout.js';
import { USUAL_IMAGES, type Work } from '../../planning/cost.js';
import type { Draft, Table } from '../../planning/draft.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  operandWords,
  type Way,
} from '../../planning/emission.js';
import { axes, type Filter, tapNumbers, tapOffset } from '../../planning/filter.js';
import { piecesOf } from '../../planning/pieces.js';
import {
  describeRegion,
  positionOffsets,
  positionsIn,
  type Region,
  regionsOf,
  showStrides,
  tapsIn,
} from '../../planning/regions.js';
import { type RowStrides, rowStrides, type Value } from '../../planning/value.js';
import { FACTORS, SUMS } from './factors.js';
import { factorsBytes, packStrassen } from './pack.js';
import { STRASSEN, strassenScratch } from './words.js';

/**
 * Bytes of the sums and the inputs of a unit: a quarter of a small L2 cache, which also holds the weights of a panel. A
 * unit reads all weights once, so it has at least a few rows.
 */
const UNIT_BYTES = 256 << 10;
const LEAST_ROWS = 24;
/**
 * Weights of which all factors would have more bytes come from outer memory, so as few units as possible read them. The
 * sums of such a unit come from an outer cache, once for each group of panels. A unit has so many rows that it can make the
 * factors which are sums of the weights: they would take 3/4 more memory, and as much longer to read.
 */
const LARGE_WEIGHTS = 3 << 20;
const LARGE_UNIT_BYTES = 4800 << 10;
/** Bytes of the factors of a group of panels: half of a small L2 cache. */
const GROUP_BYTES = 512 << 10;

/*
 * Costs besides the multiplications, fitted to the layers of thirteen networks with both ways (Zen 5, 256-bit): that of a
 * product, in input channels, since tiles are loaded, stored and added; and those of a sum of inputs and of a residual that is
 * added, beside that of a float of a Winograd transform. Inputs of one tap are read in a row. Where inputs come from an outer
 * cache, other kernels wait for them as long, so a sum costs little there. Residuals come from outer memory while a tile
 * waits, if they are not near.
 */
const STEPS_OF_A_PRODUCT = 9;
const SUM_COST = { near: 0.4, far: 0.1 };
const SUM_OF_TAPS_COST = 0.5;
const RESIDUAL_COST = { near: 0.3, far: 1.3 };
/** An image's values of up to so many bytes are near: in an L2 cache. */
const NEAR_BYTES = 448 << 10;

export function strassenWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || !('values' in reads) || !suitsStrassen(step.filter, compilation.exact)) return [];
  const { filter } = step;
  const [input] = reads.values;
  const { y, x } = axes(filter, input, operands.output);
  const regions = regionsOf(y, x);
  return [
    {
      work: () => strassenWork(regions, filter, input, operands),
      emit: () => emitStrassen(filter, regions, tapNumbers(filter, y, x), input, operands, compilation),
    },
  ];
}

/** Whether the channels can be halved: the input's into whole vectors, the output's into whole panels. */
function suitsStrassen({ inChannels, outChannels, groups }: Filter, exact: boolean): boolean {
  return !exact && groups === 1 && inChannels % LANES === 0 && panelsOf(outChannels) % 2 === 0;
}

function strassenWork(regions: readonly Region[], filter: Filter, input: Value, { output, residual }: Operands): Work {
  const half = filter.inChannels / 2;
  const columns = (panelsOf(filter.outChannels) / 2) * LANES;
  const oneTapCost = SUM_COST[distanceOf(input)];
  const residualCost = residual === null ? 0 : RESIDUAL_COST[distanceOf(output)];
  const work = regions.map((region) => {
    const rows = pairRows(region, USUAL_IMAGES);
    const taps = tapsIn(region).length;
    const floats = taps * half;
    const sumCost = taps === 1 ? oneTapCost : SUM_OF_TAPS_COST;
    return {
      products: rows * FACTORS.length * (floats + STEPS_OF_A_PRODUCT) * columns,
      sums: sumCost * SUMS * rows * floats + residualCost * 4 * rows * columns,
      // Units read the weights again, but while they multiply.
      weights: FACTORS.length * floats * columns,
    };
  });
  const total = (of: (one: (typeof work)[number]) => number): number => work.reduce((sum, one) => sum + of(one), 0);
  return {
    multiplyAdds: total(({ products }) => products),
    transformFloats: total(({ sums }) => sums),
    weightFloats: total(({ weights }) => weights),
  };
}

/** By the size of an image's map, not by that of a batch: no bit of a result depends on the batch. */
function distanceOf({ map }: Value): 'near' | 'far' {
  return 4 * map[0] * map[1] * map[2] <= NEAR_BYTES ? 'near' : 'far';
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
    const live = tapsIn(region);
    const floats = live.length * k;
    const { rows, rowsPerUnit, units } = unitsOf(pairRows(region, images), floats, isLarge, threads);
    const weightOffsets = live.map(([row, column]) => taps.indexOf(row * filter.kernel[1] + column) * k * LANES * 4);
    const inputOffsets = live.map((tap) => tapOffset(filter, tap, from));
    const pairs = (offsets: readonly number[]) => offsets.map((offset, i) => [offset, weightOffsets[i]!] as const);
    draft.call(STRASSEN, operands.node, units, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: pairTable(draft, region, { images, rows }, from, to),
      rows,
      rowsPerUnit,
      panels,
      panelsPerGroup,
      tapsAt: draft.table(`taps ${inputOffsets.join()}`, () => Int32Array.from(inputOffsets)),
      taps: live.length,
      k,
      ...piecesOf(draft, pairs(inputOffsets), k),
      sumPiecesAt: piecesOf(draft, pairs(live.map((_, i) => i * k * 4)), k).piecesAt,
      panelBytes: packed.stride,
      makesFactors: Number(isLarge),
    });
    const madeBytes = isLarge ? panelsPerGroup * packed.stride : 0;
    draft.needScratch(strassenScratch({ rowsPerUnit, taps: live.length, k }, madeBytes));
    macsDone += Math.ceil(positionsIn(region) / 2) * FACTORS.length * floats * (filter.outChannels / 2);
  }
  return { kernel: inRegions('strassen', regions.length), macsDone, weightBytes: packed.bytes };
}

/** Pairs of positions, for each image. A last position without a partner is paired with itself. */
function pairRows(region: Region, images: number): number {
  return Math.ceil(positionsIn(region) / 2) * images;
}

/**
 * As many rows in each unit as possible, and a unit for each thread. Units are filled up, so that each has an even number
 * of rows, at least four.
 *
 * @param floats of one sum
 */
function unitsOf(
  pairs: number,
  floats: number,
  isLarge: boolean,
  threads: number,
): { rows: number; rowsPerUnit: number; units: number } {
  const unitBytes = isLarge ? LARGE_UNIT_BYTES : UNIT_BYTES;
  const most = Math.max(LEAST_ROWS, Math.floor(unitBytes / (4 * floats * (SUMS + 4))));
  const wanted = roundUp(Math.max(1, Math.round(pairs / most)), threads);
  const rowsPerUnit = Math.max(4, roundUp(Math.ceil(pairs / wanted), TILE_ROWS));
  const units = Math.ceil(pairs / rowsPerUnit);
  const last = Math.max(4, roundUp(pairs - (units - 1) * rowsPerUnit, 2));
  return { rows: (units - 1) * rowsPerUnit + last, rowsPerUnit, units };
}

/** `rowsAt`: neighbours in the order of the map make a pair. */
function pairTable(
  draft: Draft,
  region: Region,
  { images, rows }: { images: number; rows: number },
  from: RowStrides,
  to: RowStrides,
): Table {
  const key = `pairs ${describeRegion(region)} ${images} ${rows} ${showStrides(from)} ${showStrides(to)}`;
  return draft.table(key, () => {
    const positions = positionOffsets(region, from, to);
    const words = new Int32Array(rows * 4);
    let at = 0;
    for (let first = 0; first < positions.length; first += 2) {
      const pair = [positions[first]!, positions[first + 1] ?? positions[first]!];
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
