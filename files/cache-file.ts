/**
 * Measurements of this machine: small JSON files in the user's cache folder, for all projects. Where one is missing or
 * damaged, all is measured again, without a message; only speed depends on it, never the embeddings.
 */
import { readNow, replaceNow } from '#platform';

/** One entry for each machine, version and model. The oldest entries are removed first. */
const MAX_ENTRIES = 200;
/** The longest file that is read, far longer than `MAX_ENTRIES` entries. */
const MAX_BYTES = 2 ** 20;
/** The speed of a machine changes while its name stays: drivers, cooling, neighbours. */
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

export interface CacheEntry {
  key: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** No machine does more of anything in a second. */
const MAX_RATE = 1e15;

export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_RATE;
}

export class CacheFile<T extends object> {
  readonly #file: string | null;
  readonly #isValue: (value: object) => value is T;
  readonly #now: () => number;

  /** @param file null without a cache folder; nothing is then stored */
  constructor(file: string | null, isValue: (value: object) => value is T, now: () => number = Date.now) {
    this.#file = file;
    this.#isValue = isValue;
    this.#now = now;
  }

  get(key: string): (T & CacheEntry) | null {
    return this.#entries().find((one) => one.key === key) ?? null;
  }

  /** Replaces the whole file, so a reader never sees half of it. If two processes write, the last one wins. */
  set(key: string, value: T): void {
    if (this.#file === null) return;
    const others = this.#entries().filter((one) => one.key !== key);
    const entries = [...others, { key, at: this.#now(), ...value }].slice(-MAX_ENTRIES);
    try {
      replaceNow(this.#file, JSON.stringify(entries, null, 1));
    } catch {
      // The home folder is read-only. The next start measures again.
    }
  }

  #entries(): (T & CacheEntry)[] {
    if (this.#file === null) return [];
    try {
      const values: unknown = JSON.parse(readNow(this.#file, MAX_BYTES));
      if (!Array.isArray(values)) return [];
      return values.filter((value): value is T & CacheEntry => this.#isCurrent(value));
    } catch {
      return [];
    }
  }

  #isCurrent(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { key, at } = value as Record<string, unknown>;
    if (typeof key !== 'string' || typeof at !== 'number') return false;
    const now = this.#now();
    return at <= now && now - at < MAX_AGE_MS && this.#isValue(value);
  }
}
