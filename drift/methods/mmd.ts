/**
 * Maximum mean discrepancy of the rows, with a Gaussian kernel as wide as the median heuristic says.
 *
 * One width for all directions lets the widest decide, while what happens to images (light, blur) moves embeddings along
 * narrow ones. Each coordinate is divided by the square root of its standard deviation, halfway between the plain
 * embedding and a whitened one: measured on CIFAR-10, that sees darkening and blur more often than the plain one and a
 * change of the mix of images as often, which whitening sees less (docs/drift.md). Deviations are those of the fit rows,
 * so the null stays exact.
 */
import type { Matrix } from '../linear/matrix.js';
import { mmdTest } from '../tests/maximum-mean-discrepancy.js';
import type { Method } from './method.js';
import { drawsFor, rowSamples, tested } from './row-samples.js';

const STREAM = 101;

export const mmd: Method = {
  name: 'mmd',
  title: 'Maximum mean discrepancy',
  unit: 'MMD², about 0 without drift, at most 2',
  alarms: 'above',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, 2);
    if (rows === null) return null;
    const scales = profile.reference!.projection.variances.map((variance) => (variance > 0 ? variance ** -0.25 : 1));
    const [reference, sample] = [rows.reference, rows.sample].map(({ coordinates }) => scaled(coordinates, scales));
    const result = mmdTest(reference!, sample!, drawsFor(context, STREAM));
    return tested(result, { sigma: result.sigma, blocks: result.blocks });
  },
};

/** `scales` has one factor a column. */
function scaled({ rows, columns, data }: Matrix, scales: Float64Array): Matrix {
  return { rows, columns, data: Float64Array.from(data, (value, i) => value * scales[i % columns]!) };
}
