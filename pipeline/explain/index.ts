export {
  EXPLAIN_CANDIDATES,
  EXPLAIN_LOOKS,
  EXPLAIN_ROWS,
  type ExplainOptions,
  type ExplainStep,
} from '../options/index.js';
export { explainMeasurement, explainWindows } from './explain.js';
export { ExplainError } from './explain-error.js';
export {
  type ClassAccuracy,
  causeMaking,
  type ExplainCandidate,
  type ExplainedCause,
  type ExplainedFamily,
  type ExplainedWindow,
  type ExplainVerdict,
  type Explanation,
  explainJson,
  reportExplanation,
} from './explanation.js';
