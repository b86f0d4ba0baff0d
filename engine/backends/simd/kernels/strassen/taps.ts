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
