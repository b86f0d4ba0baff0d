/** Which windows of many are looked at: from one to another, in order. */
import type { PageData } from '../page-data.js';

const CHANGED = 'report-range';

export class WindowRange {
  readonly #target = new EventTarget();
  readonly #count: number;
  #from = 0;
  #to: number;

  constructor(count: number) {
    this.#count = count;
    this.#to = count - 1;
  }

  get from(): number {
    return this.#from;
  }

  /** The last one. */
  get to(): number {
    return this.#to;
  }

  get isAll(): boolean {
    return this.#from === 0 && this.#to === this.#count - 1;
  }

  has(index: number): boolean {
    return index >= this.#from && index <= this.#to;
  }

  /** In any order; kept within the windows that there are. */
  set(a: number, b: number): void {
    const [from, to] = [Math.min(a, b), Math.max(a, b)].map((index) => Math.min(Math.max(index, 0), this.#count - 1));
    this.#from = from!;
    this.#to = to!;
    this.#target.dispatchEvent(new Event(CHANGED));
  }

  onChange(listener: () => void): void {
    this.#target.addEventListener(CHANGED, listener);
  }
}

/** The drifted window of a range that is farthest from the baseline; the last one if none drifted. */
export function worstIn({ drift, methods }: PageData, range: Pick<WindowRange, 'from' | 'to'>): number {
  const value = (index: number) => {
    const { alarmed_by: name, methods: reports } = drift.windows[index]!;
    return reports[name ?? methods[0]?.name ?? '']?.value ?? 0;
  };
  let worst: number | null = null;
  for (let index = range.from; index <= range.to; index++) {
    if (drift.windows[index]!.verdict === 'drift' && (worst === null || value(index) > value(worst))) worst = index;
  }
  return worst ?? range.to;
}
