import { DriftError } from '../drift-error.js';

export function totalOf(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** @throws DriftError `COUNTS_DIFFER` when the two have different numbers of bins */
export function addCounts(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length)
    throw new DriftError('COUNTS_DIFFER', `counts of ${a.length} bins and of ${b.length} bins`);
  return a.map((count, i) => count + b[i]!);
}

/** Adds member by member; a member that one does not know is that of the other. @throws DriftError `COUNTS_DIFFER` */
export function added<T>(a: T, b: T): T {
  if (a === null || b === null) return a ?? b;
  if (typeof a === 'number') return ((a as number) + (b as number)) as T;
  if (Array.isArray(a)) return addCounts(a, b as number[]) as T;
  if (a instanceof Float64Array) return a.map((sum, i) => sum + (b as Float64Array)[i]!) as T;
  const members = Object.keys(a as object) as (keyof T)[];
  return Object.fromEntries(members.map((name) => [name, added(a![name], b![name])])) as T;
}

/** Scales counts down to fewer rows: whole numbers with the same shares, rounded by largest remainder. */
export function countsAtRows(counts: readonly number[], rows: number): number[] {
  const total = totalOf(counts);
  const wanted = Math.max(1, Math.round(rows));
  if (wanted >= total) return counts.slice();
  const exact = counts.map((count) => (count * wanted) / total);
  const scaled = exact.map(Math.floor);
  const missing = wanted - totalOf(scaled);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b]! - scaled[b]! - (exact[a]! - scaled[a]!) || a - b);
  for (const i of byRemainder.slice(0, missing)) scaled[i]!++;
  return scaled;
}

/**
 * Edges at quantiles of the values, for bins of about equally many. A frequent value gets a bin of its own, so constant
 * columns still tell lower, equal and higher values apart.
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
function nextUp(value: number): number {
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
