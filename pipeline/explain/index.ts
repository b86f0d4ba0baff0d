export { EXPLAIN_CANDIDATES, EXPLAIN_LOOKS, EXPLAIN_ROWS, explainWindows } from './explain.js';
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
} from './explanation.js';
