export { causeMaking } from './cause-words.js';
export { EXPLAIN_CANDIDATES, EXPLAIN_LOOKS, EXPLAIN_ROWS, explainMeasurement, explainWindows } from './explain.js';
export { ExplainError } from './explain-error.js';
export { explainJson } from './explain-json.js';
export type { ExplainOptions, ExplainStep } from './explain-options.js';
export type {
  ClassAccuracy,
  ExplainCandidate,
  ExplainedCause,
  ExplainedFamily,
  ExplainedWindow,
  ExplainVerdict,
  Explanation,
  ImagePair,
  PairedImage,
  SkippedWindow,
} from './explanation.js';
export { reportExplanation } from './report-explanation.js';
