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

/**
 * The drifted window of a range whose accuracy fell most, as the first card has it; of those without a fall, the one that is
 * farthest beyond its band, since values of different methods have different units. The last one if none drifted.
 */
export function worstIn({ drift, methods }: PageData, range: Pick<WindowRange, 'from' | 'to'>): number {
  const fall = (index: number) => drift.windows[index]!.fall;
  const beyond = (index: number) => {
    const { alarmed_by: name, methods: reports } = drift.windows[index]!;
    const report = reports[name ?? methods[0]?.name ?? ''];
    return (report?.value ?? 0) / (report?.band?.[1] || 1);
  };
  const isWorse = (index: number, than: number) => (fall(index) - fall(than) || beyond(index) - beyond(than)) > 0;
  let worst: number | null = null;
  for (let index = range.from; index <= range.to; index++) {
    if (drift.windows[index]!.verdict === 'drift' && (worst === null || isWorse(index, worst))) worst = index;
  }
  return worst ?? range.to;
}
