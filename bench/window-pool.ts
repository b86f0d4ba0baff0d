/**
 * Windows by the thousand for one profile: rows are counted in the profile's clusters once, and each window draws from them.
 * A window then has its counts and nothing else, which is all that the methods of clusters look at.
 */

import type { Random } from '../base/index.js';
import { countNearest, type Matrix, type Profile, WindowCounter, type WindowSummary } from '../drift/index.js';

export class WindowPool {
  /** Share of the pool's rows in each cluster. */
  readonly shares: number[];
  readonly #labels: Int32Array;
  readonly #empty: WindowSummary;

  constructor(rows: Matrix, profile: Profile) {
    const { counts, labels } = countNearest(profile.centroids, rows);
    this.#labels = labels;
    this.shares = counts.map((count) => count / labels.length);
    this.#empty = new WindowCounter(profile, { sampleRows: 0 }).summary();
  }

  /** A window of rows drawn with replacement. */
  window(rows: number, random: Random): WindowSummary {
    const clusters = this.shares.map(() => 0);
    for (let i = 0; i < rows; i++) clusters[this.#labels[random.below(this.#labels.length)]!]!++;
    return { ...this.#empty, rows, clusters, effectiveRows: rows };
  }
}
