export { checkCentroidsFit, type ExpectedNumbers, expectedNumbers } from './expected-numbers.js';
export { differenceLines, type ModelDifference, modelDifferences } from './model-differences.js';
export { EMBEDDING_FEATURE } from './model-spec.js';
export { type Onboarded, type OnboardOptions, onboard } from './onboard.js';
export { INTERRUPTED, PublishError } from './publish-error.js';
export {
  DEFAULT_CONCURRENCY,
  DEFAULT_LAG_SECONDS,
  DEFAULT_SETTLE_SECONDS,
  defaultJournal,
  type PublishOptions,
  publishEvents,
} from './publish-events.js';
export type { PublishEnvironment, PublishMode } from './publish-plan.js';
export { type PublishPreview, planPublish } from './publish-preview.js';
export type { Problem } from './publish-problems.js';
export type { Published, PublishProgress } from './publish-progress.js';
export {
  copyId,
  dayStamp,
  planDays,
  type SettledTimestamps,
  type SpreadTimestamps,
  type TimestampPlan,
} from './publish-timestamps.js';
export { DEFAULT_RETENTION_DAYS } from './publish-validate.js';
export { type ServerCentroids, serverCentroids } from './server-centroids.js';
export { type CentroidsFile, defaultCentroidsPath, readCentroids, writeCentroids } from './server-centroids-file.js';
export { checkSameOrigin, type ServerNumbers, serverNumbers } from './server-numbers.js';
export {
  countEvents,
  requiredCentroids,
  VERIFY_TOLERANCE,
  type Verification,
  type VerifiedBin,
  type VerifyOptions,
  verify,
} from './verify.js';
export { readJournalHeader } from './verify-journal.js';
export { SERVER_SOURCES, type ServerSource } from './verify-server.js';
export type { VerifyBin } from './verify-time.js';
