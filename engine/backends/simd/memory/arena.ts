/** Places buffers, the largest first, each at the lowest offset where none lies that is in use at the same time. */
import { roundUp } from '../../../../base/wasm/index.js';
import { ALIGNMENT, SLACK } from '../abi/layout.js';

export interface Lifetime {
  bytes: number;
  /** Steps, both included. */
  first: number;
  last: number;
}

export interface ArenaLayout {
  /** Where each buffer begins, in the order given. No buffer begins at offset 0. */
  offsets: readonly number[];
  bytes: number;
}

export function layOutArena(buffers: readonly Lifetime[]): ArenaLayout {
  const offsets = new Array<number>(buffers.length).fill(0);
  const placed: number[] = [];
  const largestFirst = buffers.map((_, i) => i).sort((a, b) => buffers[b]!.bytes - buffers[a]!.bytes || a - b);
  let bytes = ALIGNMENT;
  for (const i of largestFirst) {
    const taken = placed
      .filter((other) => buffers[other]!.first <= buffers[i]!.last && buffers[i]!.first <= buffers[other]!.last)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = ALIGNMENT;
    for (const other of taken) {
      if (offset + room(buffers[i]!) <= offsets[other]!) break;
      offset = Math.max(offset, offsets[other]! + room(buffers[other]!));
    }
    offsets[i] = offset;
    placed.push(i);
    bytes = Math.max(bytes, offset + room(buffers[i]!));
  }
  return { offsets, bytes };
}

/** The bytes of a buffer, with those that must be readable after it. */
function room({ bytes }: Lifetime): number {
  return roundUp(bytes + SLACK, ALIGNMENT);
}
