/**
 * Maximum mean discrepancy of the rows, with a Gaussian kernel whose width comes from the median heuristic.
 *
 * One width for all directions lets the widest decide, but changes of images (light, blur) move embeddings along narrow
 * ones. So each coordinate is divided by the square root of its standard deviation, halfway between the plain embedding
 * and a whitened one. On CIFAR-10 this detects darkening and blur more often than the plain embedding, and a change of
 * the mix of images as often; whitening detects the latter less (docs/drift.md). The deviations are those of the fit
 * rows, so the null stays exact.
 */
import type { Matrix } from '../linear/matrix.js';
import { mmdTest } from '../tests/maximum-mean-discrepancy.js';
import type { Method } from './method.js';
import { drawsFor, LEAST_ROWS, rowSamples, tested } from './row-samples.js';

const STREAM = 101;

export const mmd: Method = {
  name: 'mmd',
  title: 'Maximum mean discrepancy',
  unit: 'MMD², about 0 without drift, at most 2',
  alarms: 'above',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, LEAST_ROWS);
    if (rows === null) return null;
    const scales = profile.reference!.projection.variances.map((variance) => (variance > 0 ? variance ** -0.25 : 1));
    const [reference, sample] = [rows.reference, rows.sample].map(({ coordinates }) => scaled(coordinates, scales));
    const result = mmdTest(reference!, sample!, drawsFor(context, STREAM));
    return tested(result, { sigma: result.sigma, blocks: result.blocks });
  },
};

/** @param scales a factor for each column */
function scaled({ rows, columns, data }: Matrix, scales: Float64Array): Matrix {
  return { rows, columns, data: Float64Array.from(data, (value, i) => value * scales[i % columns]!) };
}
