/**
 * Area under the ROC curve (AUC): the chance that a positive score is above a negative one, ties counting half.
 *
 * It is the Mann-Whitney U statistic divided by the product of the sample sizes (J. A. Hanley and B. J. McNeil,
 * Radiology 143, 1982), and equals scikit-learn's `roc_auc_score`.
 */

/**
 * @param negatives scores, at least one; sorted in place
 * @param positives scores, at least one; sorted in place
 * @returns 0 to 1
 */
export function areaUnderCurve(negatives: Float64Array, positives: Float64Array): number {
  negatives.sort();
  positives.sort();
  let below = 0;
  let upTo = 0;
  let doubled = 0;
  for (const score of positives) {
    while (below < negatives.length && negatives[below]! < score) below++;
    upTo = Math.max(upTo, below);
    while (upTo < negatives.length && negatives[upTo]! <= score) upTo++;
    doubled += below + upTo;
  }
  return doubled / (2 * negatives.length * positives.length);
}

/** Variance of an AUC whose scores are independent, from the AUC alone (Hanley and McNeil 1982, exponential scores). */
export function areaVariance(area: number, negatives: number, positives: number): number {
  const q1 = area / (2 - area);
  const q2 = (2 * area * area) / (1 + area);
  const square = area * area;
  return (
    (area * (1 - area) + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square)) / (negatives * positives)
  );
}
