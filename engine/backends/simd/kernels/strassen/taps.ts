/** What a call of Strassen's products says of the taps of a region. */
import { LANES } from '../../abi/layout.js';
import type { Draft, Table } from '../../planning/draft.js';
import { type Filter, tapOffset } from '../../planning/filter.js';
import { type Pieces, piecesOf } from '../../planning/pieces.js';
import { type Region, tapsIn } from '../../planning/regions.js';
import type { RowStrides } from '../../planning/value.js';

interface RegionTaps {
  words: Pieces & { tapsAt: Table; taps: number; k: number; sumPiecesAt: Table };
  /** Channels of all taps of a part. */
  floats: number;
  /** Where each tap begins in a row that holds so many channels of each, and the pieces of such a row. */
  ofRows(channels: number): { tapsAt: Table; piecesAt: Table };
}

/**
 * @param packedTaps the taps of the packed weights, as numbers `row·width + column`
 * @param k channels of a part
 */
export function regionTaps(
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
  const table = (offsets: readonly number[]) => draft.table(`taps ${offsets.join()}`, () => Int32Array.from(offsets));
  const pieces = (offsets: readonly number[]) => {
    const pairs = offsets.map((offset, i) => [offset, weights[i]!] as const);
    return piecesOf(draft, pairs, k);
  };
  const ofRows = (channels: number) => {
    const offsets = live.map((_, i) => i * channels * 4);
    return { tapsAt: table(offsets), piecesAt: pieces(offsets).piecesAt };
  };
  const sumPiecesAt = ofRows(k).piecesAt;
  return {
    words: { tapsAt: table(inputs), taps: live.length, k, ...pieces(inputs), sumPiecesAt },
    floats: live.length * k,
    ofRows,
  };
}
