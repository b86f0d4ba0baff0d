/**
 * How the rows of each group are spread over the clusters, for as many groups as fit in a fixed memory.
 *
 * Those with the smallest keys are kept. Keys are hashes, so beyond `KEPT_GROUPS` they are a random draw of the groups, and
 * what is computed from them is an estimate. Shards merge exactly, even where a group is cut at the edge of a shard.
 */

/** Enough for a design effect that is 3 % off. They take 30 kB of a profile with 5 clusters. */
export const KEPT_GROUPS = 1_024;

export interface GroupCounts {
  /** Ascending. */
  keys: Float64Array;
  /** `[groups, clusters]`: rows of each group in each cluster. */
  counts: Int32Array;
}

export class GroupCounter {
  readonly #groups = new Map<number, Int32Array>();
  readonly #clusters: number;
  /** Keys from here up are ignored. */
  #limit = Number.POSITIVE_INFINITY;

  constructor(clusters: number) {
    this.#clusters = clusters;
  }

  /** @param key of the row's group */
  add(key: number, cluster: number): void {
    if (key < this.#limit) this.#of(key)[cluster]!++;
  }

  addAll({ keys, counts }: GroupCounts): void {
    for (const [g, key] of keys.entries()) {
      if (key >= this.#limit) continue;
      const found = this.#of(key);
      for (let j = 0; j < this.#clusters; j++) found[j]! += counts[g * this.#clusters + j]!;
    }
  }

  counts(): GroupCounts {
    this.#prune();
    const keys = Float64Array.from(this.#groups.keys()).sort();
    const counts = new Int32Array(keys.length * this.#clusters);
    for (const [g, key] of keys.entries()) counts.set(this.#groups.get(key)!, g * this.#clusters);
    return { keys, counts };
  }

  #of(key: number): Int32Array {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    // Pruning is rare, so that a row costs a constant on average.
    if (this.#groups.size >= 2 * KEPT_GROUPS) this.#prune();
    const added = new Int32Array(this.#clusters);
    // If pruning has just lowered the limit below the key, the row is not kept.
    if (key < this.#limit) this.#groups.set(key, added);
    return added;
  }

  #prune(): void {
    if (this.#groups.size <= KEPT_GROUPS) return;
    const keys = Float64Array.from(this.#groups.keys()).sort();
    this.#limit = keys[KEPT_GROUPS]!;
    for (const key of keys.subarray(KEPT_GROUPS)) this.#groups.delete(key);
  }
}

/** The counts of both parts together. */
export function mergeGroupCounts(a: GroupCounts, b: GroupCounts, clusters: number): GroupCounts {
  const counter = new GroupCounter(clusters);
  counter.addAll(a);
  counter.addAll(b);
  return counter.counts();
}
