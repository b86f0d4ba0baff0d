/**
 * Sums without rounding, so that shards added in any order give the same bits.
 *
 * A sum is kept as an expansion: numbers that do not overlap and add up to the exact total (J. R. Shewchuk, "Adaptive
 * precision floating-point arithmetic", Discrete & Computational Geometry 18, 1997; Python's `math.fsum` does the
 * same). Values may be as large as 1e150.
 */

/**
 * Parts of the sum, largest first. Each part is the rounded value of itself and all later parts, so every total has
 * exactly one form. Zero is an empty list.
 */
export type ExactSum = readonly number[];

export class ExactAccumulator {
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

export function addExactSums(a: ExactSum, b: ExactSum): ExactSum {
  const accumulator = new ExactAccumulator();
  accumulator.addAll(a);
  accumulator.addAll(b);
  return accumulator.sum();
}

/** The float64 nearest to the sum. */
export function roundedSum(sum: ExactSum): number {
  return sum[0] ?? 0;
}
