/** Windows that get rows, one after the other: sums of all rows, and of those of each value of `by`. */
import type { DriftBatch } from '../../drift/index.js';
import { type FeatureModel, SumsCounter } from '../../drift/monitor/index.js';
import type { SumsByWindow } from './sums-file.js';

interface OpenWindow {
  all: SumsCounter;
  by: Map<string, SumsCounter>;
}

export class OpenWindows {
  /** Sums of windows and of values that were begun since `take`. */
  opened = 0;
  readonly #model: FeatureModel;
  readonly #windows = new Map<number, OpenWindow>();
  /** Those with rows since `take`. */
  readonly #changed = new Set<number>();

  constructor(model: FeatureModel) {
    this.#model = model;
  }

  /** @param start of its window @param value of `by`; null for none */
  add(start: number, batch: DriftBatch, row: number, value: string | null): void {
    const window = this.#windows.get(start) ?? this.#begin(start);
    this.#changed.add(start);
    SumsCounter.addTo(value === null ? [window.all] : [window.all, this.#counterOf(window, value)], batch, row);
  }

  has(start: number, value: string | null): boolean {
    const window = this.#windows.get(start);
    return window !== undefined && (value === null || window.by.has(value));
  }

  /** What was added since the call before; what groups have had stays known. */
  take(): SumsByWindow {
    const taken: SumsByWindow = new Map();
    for (const start of this.#changed) {
      const { all, by } = this.#windows.get(start)!;
      taken.set(start, { all: all.take(), by: takenOf(by) });
    }
    this.#changed.clear();
    this.opened = 0;
    return taken;
  }

  /** All but the latest: a row of another one begins it anew. @param kept how many */
  forget(kept: number): void {
    const old = [...this.#windows.keys()].sort((a, b) => b - a).slice(kept);
    for (const start of old) this.#windows.delete(start);
  }

  #begin(start: number): OpenWindow {
    const window = { all: new SumsCounter(this.#model, true), by: new Map() };
    this.#windows.set(start, window);
    this.opened++;
    return window;
  }

  #counterOf({ by }: OpenWindow, value: string): SumsCounter {
    const known = by.get(value);
    if (known !== undefined) return known;
    const counter = new SumsCounter(this.#model, false);
    by.set(value, counter);
    this.opened++;
    return counter;
  }
}

function takenOf(by: ReadonlyMap<string, SumsCounter>) {
  const taken = [...by].map(([value, counter]) => [value, counter.take()] as const);
  return new Map(taken.filter(([, { rows, skipped }]) => rows + skipped > 0));
}
