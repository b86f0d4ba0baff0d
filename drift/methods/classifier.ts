/** How well a classifier tells the window's rows from the reference's, on rows that it was not trained on. */
import { classifierTest, FOLDS, MIN_CLASSIFIER_ROWS } from '../tests/domain-classifier.js';
import type { Method } from './method.js';
import { drawsFor, rowSamples, tested } from './row-samples.js';

const STREAM = 102;

export const classifier: Method = {
  name: 'classifier',
  title: 'Domain classifier',
  explanation: 'How well a classifier tells the two sets apart: 0.5 is not at all, 1 is always.',
  unit: 'AUC, about 0.5 without drift, at most 1',
  greatest: () => 1,
  alarms: 'above',
  takes: 'a sample of rows, and enough rows',
  needsSample: true,
  compare(profile, window, context) {
    const rows = rowSamples(profile, window, MIN_CLASSIFIER_ROWS);
    if (rows === null) return null;
    const result = classifierTest(rows.reference.coordinates, rows.sample.coordinates, drawsFor(context, STREAM));
    return tested(result, { folds: FOLDS });
  },
};
