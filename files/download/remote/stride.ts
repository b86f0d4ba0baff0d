/**
 * Decides how far to read ahead. Headers of a tar, pages of a column and members in order follow each other: then far;
 * members drawn at random do not: then not at all. Only the policy, without a network.
 */

/** Blocks that may lie between two reads of one reader: what is skipped costs less than another request. */
const GAP = 4;
const MOST_AHEAD = 32;
/** Readers that are told apart: as many columns of a table as are usually read side by side. */
const READERS = 16;

interface Reader {
  /** The block after the last one that was read. */
  next: number;
  ahead: number;
}

export class Strides {
  #readers: Reader[] = [];

  /** @returns blocks to have beyond `last`, after a read from block `first` to block `last` */
  ahead(first: number, last: number): number {
    const known = this.#readers.find(({ next }) => first >= next - 1 && first <= next + GAP);
    const goesOn = known !== undefined && last >= known.next;
    const reader = known ?? { next: 0, ahead: 0 };
    if (goesOn) reader.ahead = Math.min(MOST_AHEAD, Math.max(2, 2 * reader.ahead));
    reader.next = Math.max(reader.next, last + 1);
    this.#readers = [reader, ...this.#readers.filter((one) => one !== reader)].slice(0, READERS);
    return reader.ahead;
  }
}
