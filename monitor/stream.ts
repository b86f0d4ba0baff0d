/**
 * A self-starting multivariate exponentially weighted mean of one block of features, of all rows or of one camera.
 *
 * A window's mean is compared with that of the baseline and all quiet windows before it,
 *
 *   r = L⁻¹ (mean − reference) / sqrt(1 / n + 1 / N),
 *
 * with independent rows n and N. Such residuals of quiet windows are independent and of one variance, however large the
 * baseline is (D. M. Hawkins, "Self-starting CUSUM charts for location and scale", The Statistician 36, 1987). Their
 * weighted mean E (C. A. Lowry et al., Technometrics 34, 1992) is compared with `Limits`.
 */
import { log1p } from '../base/math/index.js';
import type { Sums } from '../drift/monitor/index.js';
import { type BlockView, squareOf, whitened } from './block-view.js';
import { SETTLED_VARIANCE, WEIGHT } from './limits.js';

/** Rows and a mean, both of independent rows. */
export interface Part {
  rows: number;
  /** `[size]`: rows times the mean. */
  totals: Float64Array;
}

export function noPart(size: number): Part {
  return { rows: 0, totals: new Float64Array(size) };
}

/** @param effect rows that one independent row takes */
export function partOf(view: BlockView, sums: Sums, effect: number): Part {
  return { rows: view.rows(sums) / effect, totals: view.totals(sums, effect) };
}

export function addPart(into: Part, { rows, totals }: Part, times = 1): void {
  into.rows += times * rows;
  for (let i = 0; i < totals.length; i++) into.totals[i]! += times * totals[i]!;
}

/** Windows with fewer independent rows wait for the next ones: their means are far from normal. */
const LEAST_ROWS = 20;

/** |r|² of two parts. @param factor L of the covariance of the rows */
export function residual(factor: Float64Array, part: Part, reference: Part): Float64Array {
  const scale = 1 / Math.sqrt(1 / part.rows + 1 / reference.rows);
  const difference = new Float64Array(part.totals.length);
  for (let i = 0; i < difference.length; i++) {
    difference[i] = scale * (part.totals[i]! / part.rows - reference.totals[i]! / reference.rows);
  }
  return whitened(factor, difference);
}

/** How the covariance of rows is known. */
export interface Metric {
  factor: Float64Array;
  /** Independent rows that it is of. */
  rows: number;
  /** Variance of windows over that of their rows. */
  spread: number;
}

export interface Step {
  /** |E|² by the variance that it has in quiet. */
  statistic: number;
  /** Steps from the start, from 1. */
  number: number;
  /** |r|² of the window, or of those that had waited for each other. */
  square: number;
  /** Independent rows of them. */
  rows: number;
}

export class Stream {
  readonly view: BlockView;
  /** By phase of the season. */
  readonly #references = new Map<number, Part>();
  #mean: Float64Array;
  #steps = 0;
  #waiting: Part;

  constructor(view: BlockView) {
    this.view = view;
    this.#mean = new Float64Array(view.size);
    this.#waiting = noPart(view.size);
  }

  /** Windows and baseline that later windows are compared with. */
  reference(phase: number): Part {
    const found = this.#references.get(phase) ?? noPart(this.view.size);
    this.#references.set(phase, found);
    return found;
  }

  /** Begins again after an acknowledgement. */
  restart(): void {
    this.#mean = new Float64Array(this.view.size);
    this.#steps = 0;
    this.#waiting = noPart(this.view.size);
  }

  /** @returns null if too few rows are known yet */
  step(part: Part, phase: number, { factor, rows, spread }: Metric): Step | null {
    addPart(this.#waiting, part);
    const reference = this.reference(phase);
    if (this.#waiting.rows < LEAST_ROWS || reference.rows < LEAST_ROWS) return null;
    const r = residual(factor, this.#waiting, reference);
    const last = { square: squareOf(r), rows: this.#waiting.rows };
    this.#waiting = noPart(this.view.size);
    if (!Number.isFinite(spread)) return { statistic: 0, number: Math.max(1, this.#steps), ...last };
    this.#steps++;
    const weight = WEIGHT / Math.sqrt(spread);
    for (let i = 0; i < r.length; i++) this.#mean[i] = (1 - WEIGHT) * this.#mean[i]! + weight * r[i]!;
    const distance = squareOf(this.#mean) / SETTLED_VARIANCE;
    return { statistic: asIfKnown(distance, rows, this.view.size), number: this.#steps, ...last };
  }
}

/**
 * The squared distance as if the covariance were known, not estimated from as many rows: Bartlett's approximation of
 * Hotelling's T² (K. V. Mardia et al., Multivariate Analysis, 1979, 5.3).
 */
export function asIfKnown(distance: number, rows: number, size: number): number {
  return Math.max(1, rows - size / 2) * log1p(distance / rows);
}
