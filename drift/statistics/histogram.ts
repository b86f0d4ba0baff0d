/** Bins for columns of numbers: confidence, entropy, statistics of images. */

/**
 * Puts edges at quantiles of the values, so that bins hold about equally many. A value so frequent that it fills a bin
 * gets a bin of its own. Constant columns can then still tell lower, equal and higher values apart.
 *
 * @param values sorted in place; NaN not allowed
 * @param mostBins at least 3
 * @returns strictly ascending, one fewer than bins; empty without values
 */
export function quantileEdges(values: Float64Array, mostBins: number): number[] {
  if (values.length === 0) return [];
  values.sort();
  // A frequent value takes two edges, which leaves room for fewer quantiles.
  let quantiles = mostBins;
  let edges = edgesAt(values, quantiles);
  while (edges.length >= mostBins) edges = edgesAt(values, --quantiles);
  return edges;
}

function edgesAt(sorted: Float64Array, quantiles: number): number[] {
  const edges = new Set<number>();
  let previous = Number.NaN;
  for (let i = 1; i < quantiles; i++) {
    const value = sorted[Math.floor((i * sorted.length) / quantiles)]!;
    edges.add(value);
    if (value === previous) edges.add(nextUp(value));
    previous = value;
  }
  return [...edges].sort((a, b) => a - b);
}

const double = new Float64Array(1);
const doubleBits = new BigInt64Array(double.buffer);

/** The next larger float64 of a finite number. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  double[0] = value;
  doubleBits[0] = doubleBits[0]! + (value > 0 ? 1n : -1n);
  return double[0]!;
}

/** Bin of a value: the number of edges not above it. */
export function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
