/** By how much more means of windows vary than their rows say. */
import { pow } from '../base/math/index.js';
import { chiSquareQuantile } from '../drift/index.js';

/** Without so many degrees of freedom, nothing is said. */
const LEAST_FREEDOM = 14;
/** The normal quantile of nine in ten: as many baselines have a smaller factor than the one that is used. */
const NINE_OF_TEN = 1.2816;

/** Squared residuals of parts without drift: each has the mean `factor` times its coordinates. */
export class Spread {
  #squares = 0;
  #freedom = 0;

  /** @param square |r|² @param freedom coordinates that it is of */
  add(square: number, freedom: number): void {
    this.#squares += square;
    this.#freedom += freedom;
  }

  /** What others say, as if it were of so many degrees of freedom. */
  addPrior(others: readonly Spread[], most: number): void {
    const freedom = others.reduce((sum, other) => sum + other.#freedom, 0);
    const squares = others.reduce((sum, other) => sum + other.#squares, 0);
    const share = Math.min(1, most / Math.max(1, freedom));
    this.add(share * squares, share * freedom);
  }

  /**
   * @param within of the same parts, beside those of their kind alone
   * @param sure probability of the chi-square quantile that is exceeded
   * @returns whether kinds differ by more than their parts do
   */
  exceeds(within: Spread, sure: number): boolean {
    const freedom = this.#freedom - within.#freedom;
    if (freedom <= 0 || within.#freedom <= 0) return false;
    const limit = chiSquareQuantile(sure, freedom) / freedom;
    // The variance within has an error of its own: with this, quantiles of F are met within a twentieth.
    const error = 1 + 0.75 * Math.sqrt(2 / within.#freedom);
    return (this.#squares - within.#squares) / freedom > (limit * error * within.#squares) / within.#freedom;
  }

  copy(): Spread {
    const copy = new Spread();
    copy.add(this.#squares, this.#freedom);
    return copy;
  }

  get isKnown(): boolean {
    return this.#freedom >= LEAST_FREEDOM;
  }

  /** The factor of the variance, 1 or more, which the true one exceeds for one baseline in ten; infinite if not known. */
  get factor(): number {
    if (!this.isKnown) return Number.POSITIVE_INFINITY;
    const freedom = this.#freedom;
    // The tenth percentile of chi-square (E. B. Wilson and M. M. Hilferty, PNAS 17, 1931).
    const ninth = 2 / (9 * freedom);
    return Math.max(1, this.#squares / freedom / pow(1 - ninth - NINE_OF_TEN * Math.sqrt(ninth), 3));
  }
}
