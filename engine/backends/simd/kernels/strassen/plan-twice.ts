/** Direct convolutions by seven products of seven: four positions as a row, quarters of channels. See `factors.ts`. */
import { LANES, panelsOf } from '../../abi/layout.js';
import { type Compilation, type Emitted, inRegions, type Operands, operandWords } from '../../planning/emission.js';
import type { Filter } from '../../planning/filter.js';
import { positionsIn, type Region } from '../../planning/regions.js';
import { rowStrides, type Value } from '../../planning/value.js';
import type { Level } from './costs.js';
import { FACTORS, STORED_BLOCKS, SUMS } from './factors.js';
import { packStrassenTwice } from './pack.js';
import { inUnits, pairTable, rowsOf } from './pairs.js';
import { regionTaps } from './taps.js';
import { STRASSEN_TWICE, strassenTwiceScratch } from './words.js';

/**
 * Bytes of the outer and inner sums that belong to one outer factor, with two levels, and the most rows of a unit: then its
 * tiles stay in an L2 cache. More rows would share the inner factors that a unit makes, but find their sums farther away.
 */
const TWICE_UNIT_BYTES = 2400 << 10;
const MOST_TWICE_ROWS = 96;
const TWICE_UNIT_SUMS = 4 + SUMS;
/** The least rows of a unit: it reads all weights once, and makes their inner factors. */
const LEAST_TWICE_ROWS = 24;
/** A float of an inner factor that a unit makes, beside one of a Winograd transform. */
const MADE_COST = 0.4;

/** The inner factors that a unit makes, and the stored blocks that it makes them of. */
const MADE_FACTORS = FACTORS.length * STORED_BLOCKS.length;

/** Both levels have sums: four outer ones of four quarters, and seven times four inner ones. */
export const TWICE: Level = {
  parts: 4,
  products: FACTORS.length ** 2,
  sums: SUMS * 4 + FACTORS.length * SUMS,
  factors: MADE_FACTORS,
  making: (rows, floats) => MADE_COST * MADE_FACTORS * Math.ceil(rows / mostRows(floats)),
};

/** Whether the halves can be halved, and a plan may trade accuracy for that. */
export function suitsTwice({ inChannels, outChannels }: Filter, { precision }: Compilation): boolean {
  return precision === 'fast' && inChannels % (2 * LANES) === 0 && panelsOf(outChannels) % 4 === 0;
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
    const { words, floats, ofRows } = regionTaps(draft, filter, region, taps, k, from);
    const { rows, rowsPerUnit, units } = inUnits(rowsOf(region, images, 4), mostRows(floats), threads);
    const outer = ofRows(2 * k);
    draft.call(STRASSEN_TWICE, operands.node, units, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: pairTable(draft, region, { images, rows, positions: 4, first: 0 }, from, to),
      lowerRowsAt: pairTable(draft, region, { images, rows, positions: 4, first: 2 }, from, to),
      rows,
      rowsPerUnit,
      panels,
      ...words,
      outerTapsAt: outer.tapsAt,
      outerPiecesAt: outer.piecesAt,
      panelBytes: packed.stride,
    });
    draft.needScratch(strassenTwiceScratch({ rowsPerUnit, taps: words.taps, k, panels }, packed.stride));
    macsDone += Math.ceil(positionsIn(region) / 4) * FACTORS.length ** 2 * floats * (filter.outChannels / 4);
  }
  return { kernel: inRegions('strassen twice', regions.length), macsDone, weightBytes: packed.bytes };
}

/** @param floats of an inner sum */
function mostRows(floats: number): number {
  const fitting = Math.floor(TWICE_UNIT_BYTES / (4 * floats * TWICE_UNIT_SUMS));
  return Math.max(LEAST_TWICE_ROWS, Math.min(fitting, MOST_TWICE_ROWS));
}
