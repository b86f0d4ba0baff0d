/** Direct convolutions by seven products of seven: four positions as a row, quarters of channels. See `factors.ts`. */
import { LANES, panelsOf } from '../../abi/layout.js';
import { USUAL_IMAGES, type Work } from '../../planning/cost.js';
import { type Compilation, type Emitted, inRegions, type Operands, operandWords } from '../../planning/emission.js';
import { type Filter, tapOffset } from '../../planning/filter.js';
import { piecesOf } from '../../planning/pieces.js';
import { positionsIn, type Region, tapsIn } from '../../planning/regions.js';
import { rowStrides, type Value } from '../../planning/value.js';
import { distanceOf, RESIDUAL_COST, STEPS_OF_A_PRODUCT, SUM_COST, SUM_OF_TAPS_COST } from './costs.js';
import { FACTORS, STORED_BLOCKS, SUMS } from './factors.js';
import { packStrassenTwice } from './pack.js';
import { inUnits, pairTable } from './pairs.js';
import { STRASSEN_TWICE, strassenTwiceScratch } from './words.js';

/**
 * Bytes of the outer and inner sums that belong to one outer factor, with two levels, and the most rows of a unit: then its
 * tiles stay in an L2 cache. More rows would share the inner factors that a unit makes, but find their sums farther away.
 */
const TWICE_UNIT_BYTES = 2400 << 10;
const MOST_TWICE_ROWS = 96;
const TWICE_UNIT_SUMS = 4 + SUMS;
/** All sums of two levels, in those of a quarter's channels: four outer ones of four quarters, and seven times four inner ones. */
const TWICE_SUMS = SUMS * 4 + FACTORS.length * SUMS;

/** The least rows of a unit: it reads all weights once, and makes their inner factors. */
const LEAST_TWICE_ROWS = 24;
/** A float of an inner factor that a unit makes, beside one of a Winograd transform. */
const MADE_COST = 0.4;

/** Whether the halves can be halved, and a plan may trade accuracy for that. */
export function suitsTwice({ inChannels, outChannels }: Filter, { precision }: Compilation): boolean {
  return precision === 'fast' && inChannels % (2 * LANES) === 0 && panelsOf(outChannels) % 4 === 0;
}

/** Like `strassenWork`. Both levels have sums, and each unit makes the inner factors. */
export function twiceWork(
  regions: readonly Region[],
  filter: Filter,
  input: Value,
  { output, residual }: Operands,
): Work {
  const quarter = filter.inChannels / 4;
  const columns = (panelsOf(filter.outChannels) / 4) * LANES;
  const oneTapCost = SUM_COST[distanceOf(input)];
  const residualCost = residual === null ? 0 : RESIDUAL_COST[distanceOf(output)];
  const products = FACTORS.length ** 2;
  let [multiplyAdds, transformFloats, weightFloats] = [0, 0, 0];
  for (const region of regions) {
    const rows = quadRows(region, USUAL_IMAGES);
    const taps = tapsIn(region).length;
    const floats = taps * quarter;
    const sumCost = taps === 1 ? oneTapCost : SUM_OF_TAPS_COST;
    const units = Math.ceil(rows / mostTwiceRows(floats));
    multiplyAdds += rows * products * (floats + STEPS_OF_A_PRODUCT) * columns;
    transformFloats += sumCost * TWICE_SUMS * rows * floats + residualCost * 16 * rows * columns;
    transformFloats += MADE_COST * units * FACTORS.length * STORED_BLOCKS.length * floats * columns;
    weightFloats += FACTORS.length * STORED_BLOCKS.length * floats * columns;
  }
  return { multiplyAdds, transformFloats, weightFloats };
}

/** Like `emitStrassen`, at two levels: four positions of an image are a row. */
export function emitTwice(
  filter: Filter,
  regions: readonly Region[],
  taps: readonly number[],
  input: Value,
  operands: Operands,
  { draft, weights, images, threads }: Compilation,
): Emitted {
  const packed = packStrassenTwice(weights, filter, taps);
  const panels = panelsOf(filter.outChannels) / 4;
  const k = filter.inChannels / 4;
  const from = rowStrides(input);
  const to = rowStrides(operands.output);
  let macsDone = 0;
  for (const region of regions) {
    const live = tapsIn(region);
    const floats = live.length * k;
    const { rows, rowsPerUnit, units } = inUnits(quadRows(region, images), mostTwiceRows(floats), threads);
    const weightOffsets = live.map(([row, column]) => taps.indexOf(row * filter.kernel[1] + column) * k * LANES * 4);
    const inputOffsets = live.map((tap) => tapOffset(filter, tap, from));
    const outerOffsets = live.map((_, i) => i * 2 * k * 4);
    const pieces = (offsets: readonly number[]) =>
      piecesOf(
        draft,
        offsets.map((offset, i) => [offset, weightOffsets[i]!] as const),
        k,
      );
    draft.call(STRASSEN_TWICE, operands.node, units, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: pairTable(draft, region, { images, rows, positions: 4, first: 0 }, from, to),
      lowerRowsAt: pairTable(draft, region, { images, rows, positions: 4, first: 2 }, from, to),
      rows,
      rowsPerUnit,
      panels,
      tapsAt: draft.table(`taps ${inputOffsets.join()}`, () => Int32Array.from(inputOffsets)),
      outerTapsAt: draft.table(`taps ${outerOffsets.join()}`, () => Int32Array.from(outerOffsets)),
      taps: live.length,
      k,
      ...pieces(inputOffsets),
      outerPiecesAt: pieces(outerOffsets).piecesAt,
      sumPiecesAt: pieces(live.map((_, i) => i * k * 4)).piecesAt,
      panelBytes: packed.stride,
    });
    draft.needScratch(strassenTwiceScratch({ rowsPerUnit, taps: live.length, k, panels }, packed.stride));
    macsDone += Math.ceil(positionsIn(region) / 4) * FACTORS.length ** 2 * floats * (filter.outChannels / 4);
  }
  return { kernel: inRegions('strassen twice', regions.length), macsDone, weightBytes: packed.bytes };
}

/** Four positions each, for each image. The last position takes the place of those that are missing. */
function quadRows(region: Region, images: number): number {
  return Math.ceil(positionsIn(region) / 4) * images;
}

/** @param floats of an inner sum */
function mostTwiceRows(floats: number): number {
  const fitting = Math.floor(TWICE_UNIT_BYTES / (4 * floats * TWICE_UNIT_SUMS));
  return Math.max(LEAST_TWICE_ROWS, Math.min(fitting, MOST_TWICE_ROWS));
}
