/**
 * Whether a network was perhaps trained on labelled images. On images that it has not seen a network is usually right less
 * often than its confidence says (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017); on those that it was trained
 * on, more often. It is a hint: label smoothing makes a network less sure than it should be of any image.
 */
import { mean } from '../statistics/mean.js';

/** Standard errors by which it must be right more often. */
const BEYOND_CHANCE = 3;

/**
 * @param correct `[rows]`: whether the prediction is the label
 * @param confidence `[rows]`: the score of the prediction
 */
export function isRightMoreOftenThanSure(correct: readonly boolean[], confidence: readonly number[]): boolean {
  const gaps = correct.map((isCorrect, row) => (isCorrect ? 1 : 0) - confidence[row]!);
  const centre = mean(gaps);
  const variance = mean(gaps.map((gap) => (gap - centre) ** 2));
  return centre > BEYOND_CHANCE * Math.sqrt(variance / gaps.length);
}
