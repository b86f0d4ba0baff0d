// Sums without rounding, so that shards added in any order give the same bits: numbers that do not overlap and add up
// to the exact total (J. R. Shewchuk, "Adaptive precision floating-point arithmetic", Discrete & Computational Geometry
// 18, 1997; Python's `math.fsum` does the same). Values may be as large as 1e150.

/** Largest first, each the rounded value of itself and all later parts: every total has one form. Zero is empty. */
type ExactSum = readonly number[];

class ExactAccumulator {
  /** Ascending by size, not overlapping. */
  readonly #parts: number[] = [];

  add(value: number): void {
    const parts = this.#parts;
    let x = value;
    let kept = 0;
    for (let i = 0; i < parts.length; i++) {
      let y = parts[i]!;
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) parts[kept++] = low;
      x = high;
    }
    parts.length = kept;
    if (x !== 0) parts.push(x);
  }

  addAll(sum: ExactSum): void {
    for (const part of sum) this.add(part);
  }

  /** The sum in its one canonical form, which depends on the exact total alone. */
  sum(): ExactSum {
    const rest = new ExactAccumulator();
    rest.addAll(this.#parts);
    const canonical: number[] = [];
    for (let value = rest.#rounded(); value !== 0; value = rest.#rounded()) {
      canonical.push(value);
      rest.add(-value);
    }
    return canonical;
  }

  /** The float64 nearest to the total; halves round to even, as in `math.fsum`. */
  #rounded(): number {
    const parts = this.#parts;
    let i = parts.length - 1;
    if (i < 0) return 0;
    let high = parts[i]!;
    let low = 0;
    while (i > 0 && low === 0) {
      const x = high;
      const y = parts[--i]!;
      high = x + y;
      low = y - (high - x);
    }
    const further = i > 0 ? parts[i - 1]! : 0;
    if ((low < 0 && further < 0) || (low > 0 && further > 0)) {
      const doubled = low * 2;
      const next = high + doubled;
      if (next - high === doubled) high = next;
    }
    return high;
  }
}

function addExactSums(a: ExactSum, b: ExactSum): ExactSum {
  const accumulator = new ExactAccumulator();
  accumulator.addAll(a);
  accumulator.addAll(b);
  return accumulator.sum();
}

function roundedSum(sum: ExactSum): number {
  return sum[0] ?? 0;
}

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

export function addMoments(a: Moments, b: Moments, centre: number): Moments {
  return momentsOf(a.rows + b.rows, centre, addExactSums(a.sum, b.sum), addExactSums(a.squares, b.squares));
}

/** @returns NaN for no values */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
