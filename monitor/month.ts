/**
 * The last 28 days beside the baseline alone, since what changes slowly is learnt by a reference that grows. How far a
 * baseline's mean is from the truth by chance is the same for ever, so it counts in full: the distance must be beyond
 * what 99 of 100 baselines have, by more than means of 28 days vary (a bound by the triangle inequality).
 */
import { chiSquareQuantile, DAY } from '../drift/index.js';
import { squareOf, whitened } from './block-view.js';
import { addPart, type Metric, noPart, type Part } from './stream.js';

const DAYS = 28;
const BASELINES = 0.99;

interface Kept {
  from: number;
  phase: number;
  part: Part;
}

export class Month {
  readonly #references: ReadonlyMap<number, Part>;
  readonly #size: number;
  readonly #luck: number;
  #windows: Kept[] = [];
  #start: number | null = null;
  /** Sums of the windows by phase. */
  readonly #sums = new Map<number, Part>();

  /** @param references the baseline's, by phase @param size coordinates */
  constructor(references: ReadonlyMap<number, Part>, size: number) {
    this.#references = references;
    this.#size = size;
    this.#luck = chiSquareQuantile(BASELINES, size);
  }

  restart(): void {
    this.#windows = [];
    this.#sums.clear();
    this.#start = null;
  }

  /**
   * @param to the end of the window
   * @returns the square of what is beyond luck, chi-square or less in quiet; null before 28 days are known
   */
  step(part: Part, phase: number, from: number, to: number, { factor, spread }: Metric): number | null {
    this.#start ??= from;
    if (!this.#references.has(phase)) return null;
    this.#windows.push({ from, phase, part });
    addPart(this.#of(phase), part);
    const old = this.#windows.findIndex((window) => window.from >= to - DAYS * DAY);
    for (const window of this.#windows.splice(0, Math.max(0, old))) addPart(this.#of(window.phase), window.part, -1);
    if (to - this.#start < DAYS * DAY || !Number.isFinite(spread)) return null;
    return this.#beyondLuck(factor, spread);
  }

  #of(phase: number): Part {
    const part = this.#sums.get(phase) ?? noPart(this.#size);
    this.#sums.set(phase, part);
    return part;
  }

  #beyondLuck(factor: Float64Array, spread: number): number {
    const rows = [...this.#sums.values()].reduce((sum, part) => sum + part.rows, 0);
    const difference = new Float64Array(this.#size);
    let variance = 0;
    for (const [phase, part] of this.#sums) {
      const reference = this.#references.get(phase)!;
      variance += (part.rows / rows) ** 2 / reference.rows;
      for (let i = 0; i < this.#size; i++) {
        difference[i]! += (part.totals[i]! - (part.rows * reference.totals[i]!) / reference.rows) / rows;
      }
    }
    const distance = Math.sqrt(squareOf(whitened(factor, difference)) / spread);
    return Math.max(0, distance - Math.sqrt(this.#luck * variance)) ** 2 * rows;
  }
}
