/**
 * Direct convolutions by Strassen's seven products, see `factors.ts`: pairs of positions as rows, halves of channels.
 */

import { roundUp } from '../../../../../base/wasm/index.js';
import { OPERANDS } from '../../abi/call.js';
import { ALIGNMENT, LANES, padded, panelsOf, SLACK, TILE_BYTES } from '../../abi/layout.js';
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
import { type Pieces, piecesOf } from '../../planning/pieces.js';
import { positionsIn, type Region, regionsOf, tapsIn } from '../../planning/regions.js';
import { type RowStrides, rowStrides, type Value } from '../../planning/value.js';
import { strassenWork } from './costs.js';
import { FACTORS, SUMS } from './factors.js';
import { factorsBytes, packStrassen } from './pack.js';
import { inUnits, pairTable, rowsOf } from './pairs.js';

/**
 * Like `convolution`, but with seven products of halves instead of eight, see `factors.ts`.
 *
 * - `k` and `panels` are those of a half: an input row has two halves of `k` channels, a multiple of 8.
 * - `rowsAt`: for each of `rows` rows four int32 byte offsets: input and output at one position, input and output at
 *   another position of the same image. `rows`, `rowsPerUnit` and the number left for the last unit are even and at
 *   least 4. A row may come twice.
 * - `tapsAt`: `taps` int32 byte offsets to a row's input.
 * - `piecesAt`: as in `convolution`, with weight offsets into one factor. `sumPiecesAt`: the same for rows that hold `k`
 *   channels of each tap, one after the other.
 * - `weightsAt`: `[panel][factor][tap][k][16]`, one panel every `panelBytes`. A unit goes through its rows
 *   for the first `panelsPerGroup` panels, then for the next.
 * - `makesFactors`: 1 if `weightsAt` has the four blocks `STORED_BLOCKS` where the factors would be. A unit then makes the
 *   other factors of a group of panels in its scratch.
 *
 * A unit is `rowsPerUnit` rows and needs `strassenScratch` bytes.
 */
export const STRASSEN = {
  name: 'strassen',
  words: [
    ...OPERANDS,
    'rowsAt',
    'rows',
    'rowsPerUnit',
    'panels',
    'panelsPerGroup',
    'tapsAt',
    'taps',
    'k',
    'piecesAt',
    'sumPiecesAt',
    'pieces',
    'piecesPerBlock',
    'panelBytes',
    'makesFactors',
  ],
} as const;

/** Bytes of a row in `rowsAt`: input and output at one position, input and output at the other. */
export const PAIR_BYTES = 16;
/** Tiles that lie in the scratch: zeros, three sums of products, and the blocks of a sum. */
export const STRASSEN_TILES = 5;

/**
 * Bytes of scratch that one unit needs: tiles, the offsets of the rows of sums, these rows, and the factors that are made.
 *
 * @param madeBytes as many as the stored blocks of a group of panels; 0 if all factors are stored
 */
export function strassenScratch(
  { rowsPerUnit, taps, k }: { rowsPerUnit: number; taps: number; k: number },
  madeBytes: number,
): number {
  const offsets = roundUp(rowsPerUnit * PAIR_BYTES, ALIGNMENT);
  return STRASSEN_TILES * TILE_BYTES + offsets + SUMS * rowsPerUnit * padded(taps * k) + madeBytes + SLACK;
}

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

export function strassenWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || !('values' in reads) || !suitsStrassen(step.filter, compilation)) return [];
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
    const { words, floats } = regionTaps(draft, filter, region, taps, k, from);
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

interface RegionTaps {
  words: Pieces & { tapsAt: Table; taps: number; k: number; sumPiecesAt: Table };
  /** Channels of all taps of a part. */
  floats: number;
}

/**
 * @param packedTaps the taps of the packed weights, as numbers `row·width + column`
 * @param k channels of a part
 */
function regionTaps(
  draft: Draft,
  filter: Filter,
  region: Region,
  packedTaps: readonly number[],
  k: number,
  from: RowStrides,
): RegionTaps {
  const live = tapsIn(region);
  const weights = live.map(([row, column]) => packedTaps.indexOf(row * filter.kernel[1] + column) * k * LANES * 4);
  const inputs = live.map((tap) => tapOffset(filter, tap, from));
  const tapsAt = draft.table(`taps ${inputs.join()}`, () => Int32Array.from(inputs));
  const pieces = (offsets: readonly number[]) => {
    const pairs = offsets.map((offset, i) => [offset, weights[i]!] as const);
    return piecesOf(draft, pairs, k);
  };
  const sumPiecesAt = pieces(live.map((_, i) => i * k * 4)).piecesAt;
  return {
    words: { tapsAt, taps: live.length, k, ...pieces(inputs), sumPiecesAt },
    floats: live.length * k,
  };
}
