/**
 * Maximum mean discrepancy of the rows, with a Gaussian kernel whose width comes from the median heuristic.
 *
 * With one width, the widest direction decides, but light and blur move embeddings along narrow ones. So each
 * coordinate is divided by the root of its standard deviation, halfway between the plain embedding and a whitened one.
 * On CIFAR-10 this detects darkening and blur more often than the plain embedding, and a change of the mix of images as
 * often, which whitening detects less. The deviations are those of the fit rows, so the null stays exact.
 */
import type { RowSample } from '../rows/row-sample.js';
import { halfWhitened, MmdReference, mmdTest } from '../tests/maximum-mean-discrepancy.js';
import type { Method } from './method.js';
import { drawsFor, LEAST_ROWS, rowSamples, tested } from './row-samples.js';

const STREAM = 101;

export const mmd: Method = {
  name: 'mmd',
  title: 'Maximum mean discrepancy',
  explanation: 'How far apart the two sets of embeddings lie on average, near ones counting most (RBF kernel).',
  unit: 'MMD², about 0 without drift, at most 2',
  greatest: () => 2,
  alarms: 'above',
  takes: 'a sample of rows, and enough rows',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, LEAST_ROWS);
    if (rows === null) return null;
    const { variances } = profile.reference!.projection;
    const sample = halfWhitened(rows.sample.coordinates, variances);
    const result = mmdTest(referenceOf(rows.reference, variances), sample, drawsFor(context, STREAM));
    return tested(result, { sigma: result.sigma, blocks: result.blocks });
  },
};

/** Each window is compared with the same rows of the baseline. */
const known = new WeakMap<RowSample, MmdReference>();

function referenceOf(rows: RowSample, variances: Float64Array): MmdReference {
  const found = known.get(rows) ?? new MmdReference(halfWhitened(rows.coordinates, variances));
  known.set(rows, found);
  return found;
}
