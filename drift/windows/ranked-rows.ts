/** The rows of all windows that are most unlike the baseline, most unlike first. Only so many are kept while rows stream by. */
import type { Profile } from '../profile/profile.js';
import type { DriftBatch } from '../rows/batch.js';
import { predictedOf } from '../rows/softmax-side.js';
import { type Unlike, Unlikeness } from './unlikeness.js';

export interface RankedRow extends Unlike {
  /** Name of its window. */
  window: string;
  /** Its number among the rows of all tables. */
  rowNumber: number;
  /** Index of its cluster in the profile. */
  cluster: number;
  /** Class names; null where not known. */
  predicted: string | null;
  target: string | null;
  /** Milliseconds since 1970, UTC; null where not known. */
  timestamp: number | null;
  imageUrl: string | null;
  eventId: string | null;
}

/** Columns that are not compared, `[rows]` each. */
export interface RowNames {
  imageUrls: readonly (string | null)[];
  eventIds: readonly (string | null)[];
}

export class RankedRows {
  readonly #unlikeness: Unlikeness;
  readonly #classes: readonly string[];
  readonly #most: number;
  #rows: RankedRow[] = [];
  /** Rows that are nearer than this are not among the most unlike. */
  #least = Number.NEGATIVE_INFINITY;
  #seen = 0;

  /**
   * @param most rows to keep
   * @throws DriftError `BASELINE_TOO_SMALL`
   */
  constructor(profile: Pick<Profile, 'reference' | 'rows' | 'classes'>, most: number) {
    this.#unlikeness = new Unlikeness(profile);
    this.#classes = profile.classes;
    this.#most = most;
  }

  /** All rows that came, kept or not. */
  get seen(): number {
    return this.#seen;
  }

  /** @param clusters `[rows]`: the cluster of each row, -1 if it is skipped; the result of `WindowCounter.add` */
  add(window: string, batch: DriftBatch, clusters: Int32Array, { imageUrls, eventIds }: RowNames): void {
    const { scores, targets, timestamps, rowNumbers } = batch;
    for (const [row, unlike] of this.#unlikeness.of(batch.embeddings).entries()) {
      const cluster = clusters[row]!;
      if (cluster < 0) continue;
      const rowNumber = rowNumbers?.[row] ?? this.#seen;
      this.#seen++;
      if (unlike.distance < this.#least) continue;
      this.#rows.push({
        ...unlike,
        window,
        rowNumber,
        cluster,
        predicted: scores ? (this.#classes[predictedOf(scores, row)] ?? null) : null,
        target: targets?.[row] ?? null,
        timestamp: timestamps?.[row] ?? null,
        imageUrl: imageUrls[row] ?? null,
        eventId: eventIds[row] ?? null,
      });
      // Pruning is rare, so that a row costs a constant on average.
      if (this.#rows.length >= 2 * this.#most + 64) this.#prune();
    }
  }

  /** Most unlike first; the earlier row first where two are alike. */
  ranked(): RankedRow[] {
    this.#prune();
    return [...this.#rows];
  }

  #prune(): void {
    this.#rows.sort((a, b) => b.distance - a.distance || a.rowNumber - b.rowNumber);
    if (this.#rows.length <= this.#most) return;
    this.#rows.length = this.#most;
    this.#least = this.#rows.at(-1)!.distance;
  }
}
