/**
 * Where a listing is cut into shards of about as many bytes, in bounded memory: beyond a number of steps, two steps
 * become one. Where the images are in tars that follow each other, whole tars are kept together.
 */
import type { PlannedShard } from './plan.js';

/** A cut between two steps is at most a millionth of the images away from where it should be. */
const MOST_STEPS = 2 ** 20;

/** Sums up to the beginnings of units that are not cut. */
interface Units {
  images: number[];
  bytes: number[];
}

export class Ledger {
  images = 0;
  bytes = 0;
  readonly #most: number;
  /** Images in a step. */
  #step = 1;
  /** Bytes up to the beginning of each step. */
  #steps: number[] = [];
  #archive: string | null = null;
  /** Beginnings of archives; null once images lie in no archive, or archives do not follow each other. */
  #archives: Units | null = { images: [], bytes: [] };
  readonly #seen = new Set<string>();

  constructor(mostSteps = MOST_STEPS) {
    this.#most = mostSteps;
  }

  /**
   * @param bytes null where nobody knows: it then counts as one
   * @param archive that it is in; null for none, undefined for that of the image before it
   */
  add(bytes: number | null, archive: string | null | undefined): void {
    if (this.images % this.#step === 0) this.#steps.push(this.bytes);
    if (this.#steps.length > this.#most) this.#widen();
    const isOther = archive !== undefined && (archive === null || archive !== this.#archive);
    if (this.#archives !== null && isOther) this.#begin(archive, this.#archives);
    this.images++;
    this.bytes += bytes ?? 1;
  }

  /** @param count at most as many as there are images, and far fewer than the most steps */
  cut(count: number): { shards: PlannedShard[]; areWholeArchives: boolean } {
    const { archive, units } = this.#unitsFor(count);
    const ends = { images: [...units.images, this.images], bytes: [...units.bytes, this.bytes] };
    const shards: PlannedShard[] = [];
    let from = 0;
    for (let shard = 1; shard <= count; shard++) {
      const to =
        shard === count
          ? units.images.length
          : this.#nearest(ends.bytes, (shard * this.bytes) / count, from + 1, units.images.length - (count - shard));
      const first = ends.images[from]!;
      shards.push({ first, images: ends.images[to]! - first, bytes: ends.bytes[to]! - ends.bytes[from]! });
      from = to;
    }
    return { shards, areWholeArchives: archive };
  }

  #unitsFor(count: number): { archive: boolean; units: Units } {
    if (this.#archives !== null && this.#archives.images.length >= count)
      return { archive: true, units: this.#archives };
    return { archive: false, units: { images: this.#steps.map((_, step) => step * this.#step), bytes: this.#steps } };
  }

  /** The place of the sum nearest to `wanted`, among those from `from` to `to`, which never fall. */
  #nearest(sums: readonly number[], wanted: number, from: number, to: number): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low > from && wanted - sums[low - 1]! <= sums[low]! - wanted ? low - 1 : low;
  }

  #begin(archive: string | null, archives: Units): void {
    if (archive === null || this.#seen.has(archive)) {
      this.#archives = null;
      return;
    }
    this.#seen.add(archive);
    this.#archive = archive;
    archives.images.push(this.images);
    archives.bytes.push(this.bytes);
  }

  #widen(): void {
    this.#steps = this.#steps.filter((_, step) => step % 2 === 0);
    this.#step *= 2;
  }
}
