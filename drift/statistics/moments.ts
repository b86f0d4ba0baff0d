/** Mean and variance of a column. Shards can be counted separately and added in any order. */
import { addExactSums, ExactAccumulator, type ExactSum, roundedSum } from './exact-sum.js';

/** Summary of a column of numbers without its rows. */
export interface Moments {
  /** Rows that had a value. */
  rows: number;
  /** Null without rows. */
  mean: number | null;
  /** Divisor rows - 1; null with fewer than two rows. */
  variance: number | null;
  /** Σ (x - centre) and Σ (x - centre)², without rounding, so that they add in any order. */
  sum: ExactSum;
  squares: ExactSum;
}

export class MomentsTally {
  #rows = 0;
  readonly #sum = new ExactAccumulator();
  readonly #squares = new ExactAccumulator();
  readonly #centre: number;

  /** @param centre a value near the mean, so that the variance keeps its digits however far from 0 the values are */
  constructor(centre: number) {
    this.#centre = centre;
  }

  add(value: number): void {
    const deviation = value - this.#centre;
    this.#rows++;
    this.#sum.add(deviation);
    this.#squares.add(deviation * deviation);
  }

  moments(): Moments {
    return momentsOf(this.#rows, this.#centre, this.#sum.sum(), this.#squares.sum());
  }
}

export function momentsOf(rows: number, centre: number, sum: ExactSum, squares: ExactSum): Moments {
  const deviation = roundedSum(sum);
  return {
    rows,
    mean: rows === 0 ? null : meanOf(centre, deviation / rows),
    variance: rows < 2 ? null : Math.max(0, roundedSum(squares) - (deviation * deviation) / rows) / (rows - 1),
    sum,
    squares,
  };
}

/** What is left of the centre's own rounding is 0: a share of pixels that no image has must not be −1e-18. */
function meanOf(centre: number, deviation: number): number {
  const mean = centre + deviation;
  return Math.abs(mean) <= Number.EPSILON * Math.abs(centre) ? 0 : mean;
}

/** Moments of two parts that were counted from the same centre. */
export function addMoments(a: Moments, b: Moments, centre: number): Moments {
  return momentsOf(a.rows + b.rows, centre, addExactSums(a.sum, b.sum), addExactSums(a.squares, b.squares));
}
