/**
 * The loops of Elkan's k-means over all rows, in AssemblyScript, compiled to WebAssembly SIMD. A true distance is
 * within `relative` · rough + `absolute` of that in float32. Wherever this error could change the result, float64
 * decides: `square64` for rows that are float32 without rounding, otherwise `exactSquare`. So the results are those of
 * float64. Addresses are in bytes; the caller lays out the memory (../kernel-rows.ts).
 */
import { reaches, roughDistance, square64 } from './distance';

/** Squared distance of a row to a centroid in float64, computed by the caller. */
declare function exactSquare(row: i32, centroid: i32): f64;

/** True if the bounds show that all four centroids from `j` are farther than `distance`. */
function areFarther(distance: f64, j: i32, lower: usize, moved: usize, half: usize): bool {
  const at = (<usize>j) << 3;
  const distances = f64x2.splat(distance);
  const low = f64x2.pmax(f64x2.sub(v128.load(lower + at), v128.load(moved + at)), v128.load(half + at));
  const high = f64x2.pmax(f64x2.sub(v128.load(lower + at, 16), v128.load(moved + at, 16)), v128.load(half + at, 16));
  return !v128.any_true(v128.or(f64x2.ge(distances, low), f64x2.ge(distances, high)));
}

/**
 * Assigns each row to its nearest centroid, ties to the lowest index; see `lloyd.ts` for the bounds. Upper bounds first
 * grow by the `shifts` of their centroids since the last call. Lower bounds include the path length `moved` of their
 * centroid, so that moving the centroids need not touch them.
 * @returns how many rows changed; `changes` has each of them and its label before
 */
export function reassign(
  rowCount: i32,
  clusters: i32,
  rowBytes: usize,
  rows: usize,
  centroids: usize,
  labels: usize,
  uppers: usize,
  lowers: usize,
  shifts: usize,
  moved: usize,
  half: usize,
  halfGap: usize,
  changes: usize,
  slack: f64,
  relative: f64,
  absolute: f64,
): i32 {
  const less = 1 - relative;
  const more = 1 + relative;
  let changed = 0;
  for (let i = 0; i < rowCount; i++) {
    const labelAt = labels + ((<usize>i) << 2);
    const label = load<i32>(labelAt);
    const upperAt = uppers + ((<usize>i) << 3);
    let best = label;
    let upper = load<f64>(upperAt) + load<f64>(shifts + ((<usize>best) << 3));
    if (upper + slack < load<f64>(halfGap + ((<usize>best) << 3))) {
      store<f64>(upperAt, upper);
      continue;
    }
    const row = rows + <usize>i * rowBytes;
    const lower = lowers + <usize>i * clusters * 8;
    let measured = false;
    let clear = 0;
    for (let j = 0; j < clusters; j++) {
      if (j >= clear) {
        while (
          j + 4 <= clusters &&
          areFarther(upper + slack, j, lower, moved, half + ((<usize>(best * clusters)) << 3))
        ) {
          j += 4;
        }
        clear = j + 4;
        if (j >= clusters) break;
      }
      if (j === best) continue;
      const lowerAt = lower + ((<usize>j) << 3);
      const movedOther = load<f64>(moved + ((<usize>j) << 3));
      const halfway = load<f64>(half + ((<usize>(best * clusters + j)) << 3));
      if (upper + slack < halfway || upper + slack < load<f64>(lowerAt) - movedOther) continue;
      const movedBest = load<f64>(moved + ((<usize>best) << 3));
      const bestAt = lower + ((<usize>best) << 3);
      if (!measured) {
        const own = roughDistance(row, centroids + <usize>best * rowBytes, rowBytes);
        upper = min(upper, own * more + absolute);
        store<f64>(bestAt, own * less - absolute + movedBest);
        measured = true;
        if (upper + slack < halfway || upper + slack < load<f64>(lowerAt) - movedOther) continue;
      }
      const other = roughDistance(row, centroids + <usize>j * rowBytes, rowBytes);
      const least = other * less - absolute;
      const most = other * more + absolute;
      store<f64>(lowerAt, least + movedOther);
      if (upper + slack < least) continue;
      if (most + slack < load<f64>(bestAt) - movedBest) {
        best = j;
        upper = most;
        continue;
      }
      const bestSquare = exactSquare(i, best);
      const square = exactSquare(i, j);
      store<f64>(bestAt, Math.sqrt(bestSquare) + movedBest);
      store<f64>(lowerAt, Math.sqrt(square) + movedOther);
      if (square < bestSquare || (square === bestSquare && j < best)) {
        best = j;
        upper = Math.sqrt(square);
      } else {
        upper = Math.sqrt(bestSquare);
      }
    }
    store<f64>(upperAt, upper);
    if (best === label) continue;
    store<i32>(labelAt, best);
    store<i32>(changes + ((<usize>changed) << 3), i);
    store<i32>(changes + ((<usize>changed) << 3), label, 4);
    changed++;
  }
  return changed;
}

/** Rough distance from which on float64 is certain to give `square` or more, even with rounding. */
function limitAbove(square: f64, relative: f64, absolute: f64): f64 {
  const root = (Math.sqrt(square) + absolute) / (1 - relative);
  return root * root * (1 + 1e-11);
}

/** @param vectors float64 `[?, columns]`; 0 if the rows are rounded */
function trueSquare(i: i32, row: usize, j: i32, vectors: usize, columns: i32): f64 {
  return vectors === 0 ? exactSquare(i, j) : square64(row, vectors + ((<usize>(j * columns)) << 3), columns);
}

/**
 * Writes into `out`, float64 `[trials, rows]`: the squared distance of each row to its nearest centre, or to the trial
 * if that is nearer. `toCentres`, float64 `[trials, stride]`, are squared distances of trials to centres. At 4 times
 * the row's own distance or more, the trial cannot be nearer.
 */
export function closestWith(
  rowCount: i32,
  trials: i32,
  columns: i32,
  rowBytes: usize,
  rows: usize,
  trials32: usize,
  trials64: usize,
  toCentres: usize,
  stride: i32,
  nearest: usize,
  closest: usize,
  relative: f64,
  absolute: f64,
  out: usize,
): void {
  for (let i = 0; i < rowCount; i++) {
    const row = rows + <usize>i * rowBytes;
    const square = load<f64>(closest + ((<usize>i) << 3));
    const limit = limitAbove(square, relative, absolute);
    let toCentre = toCentres + ((<usize>load<i32>(nearest + ((<usize>i) << 2))) << 3);
    for (let t = 0; t < trials; t++, toCentre += (<usize>stride) << 3) {
      let least = square;
      if (load<f64>(toCentre) < 4 * square && !reaches(limit, row, trials32 + <usize>t * rowBytes, rowBytes)) {
        least = min(square, trueSquare(i, row, t, trials64, columns));
      }
      store<f64>(out + ((<usize>(t * rowCount + i)) << 3), least);
    }
  }
}

/**
 * Writes into `out`, float64 `[rows]`: the squared distance of each row to the nearest centroid other than its own.
 * `neighbours`, int32 `[clusters, clusters - 1]`, are the others, nearest first; `apart` are their distances.
 */
export function secondSquares(
  rowCount: i32,
  clusters: i32,
  columns: i32,
  rowBytes: usize,
  rows: usize,
  centroids32: usize,
  centroids64: usize,
  neighbours: usize,
  apart: usize,
  labels: usize,
  squares: usize,
  relative: f64,
  absolute: f64,
  out: usize,
): void {
  for (let i = 0; i < rowCount; i++) {
    const row = rows + <usize>i * rowBytes;
    const first = Math.sqrt(load<f64>(squares + ((<usize>i) << 3)));
    const from = load<i32>(labels + ((<usize>i) << 2)) * (clusters - 1);
    let least = Infinity;
    let leastRoot = Infinity;
    let limit = Infinity;
    for (let at = from; at < from + clusters - 1; at++) {
      // By the triangle inequality, neither this centroid nor any later one is nearer.
      if (load<f64>(apart + ((<usize>at) << 3)) - first >= leastRoot) break;
      const j = load<i32>(neighbours + ((<usize>at) << 2));
      if (reaches(limit, row, centroids32 + <usize>j * rowBytes, rowBytes)) continue;
      const square = trueSquare(i, row, j, centroids64, columns);
      if (square >= least) continue;
      least = square;
      leastRoot = Math.sqrt(square);
      limit = limitAbove(square, relative, absolute);
    }
    store<f64>(out + ((<usize>i) << 3), least);
  }
}

/**
 * Writes into `out`, float64 `[rows]`: the squared distance of each row to the vector of its label, or to the first
 * vector if `labels` is 0. Vectors are float64 `[?, columns]`. The rows must be float32 without rounding.
 */
export function squares(
  rowCount: i32,
  columns: i32,
  rowBytes: usize,
  rows: usize,
  vectors: usize,
  labels: usize,
  out: usize,
): void {
  for (let i = 0; i < rowCount; i++) {
    const label = labels === 0 ? 0 : load<i32>(labels + ((<usize>i) << 2));
    const vector = vectors + ((<usize>(label * columns)) << 3);
    store<f64>(out + ((<usize>i) << 3), square64(rows + <usize>i * rowBytes, vector, columns));
  }
}

/** Adds a row to a float64 sum (`sign` 1) or subtracts it (`sign` -1). */
export function addRow(row: usize, columns: i32, sum: usize, sign: f64): void {
  const signs = f64x2.splat(sign);
  const whole = columns & ~1;
  let c = 0;
  for (; c < whole; c += 2, row += 8, sum += 16) {
    const values = f64x2.promote_low_f32x4(v128.load64_zero(row));
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(values, signs)));
  }
  if (c < columns) store<f64>(sum, load<f64>(sum) + sign * <f64>load<f32>(row));
}

/** Adds each row to the sum of its label, in the order of the rows. */
export function addRows(rowCount: i32, columns: i32, rowBytes: usize, rows: usize, labels: usize, sums: usize): void {
  for (let i = 0; i < rowCount; i++) {
    const label = load<i32>(labels + ((<usize>i) << 2));
    addRow(rows + <usize>i * rowBytes, columns, sums + ((<usize>(label * columns)) << 3), 1);
  }
}
