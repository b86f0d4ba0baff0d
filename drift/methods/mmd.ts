/** Maximum mean discrepancy of the rows, with a Gaussian kernel as wide as the median heuristic says. */
import { mmdTest } from '../maximum-mean-discrepancy.js';
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
    const result = mmdTest(rows.reference.coordinates, rows.sample.coordinates, drawsFor(context, STREAM));
    return tested(result, { sigma: result.sigma, blocks: result.blocks });
  },
};
