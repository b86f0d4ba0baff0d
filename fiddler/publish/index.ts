export {
  type CentroidsFile,
  defaultCentroidsPath,
  readCentroids,
  type ServerCentroids,
  serverCentroids,
  writeCentroids,
} from './centroids/file.js';
export {
  checkCentroidsFit,
  checkSameOrigin,
  type ExpectedNumbers,
  expectedNumbers,
  type ServerNumbers,
  serverNumbers,
} from './centroids/numbers.js';
export { checkJournalPlace, placeOf } from './journal/match.js';
export { readJournalHeader } from './journal/read.js';
export { differenceLines, type ModelDifference, modelDifferences } from './onboard/differences.js';
export { type Onboarded, onboard } from './onboard/onboard.js';
export { EMBEDDING_FEATURE } from './onboard/spec.js';
export type {
  DeleteOptions,
  OnboardOptions,
  PublishEnvironment,
  PublishMode,
  PublishOptions,
  SettledTimestamps,
  SpreadTimestamps,
  TimestampPlan,
  VerifyOptions,
} from './options/index.js';
export { copyId, countEvents, dayStamp, planDays } from './plan/timestamps.js';
export { type PublishPreview, planPublish } from './preview.js';
export type { Problem, Published, PublishProgress } from './progress.js';
export { INTERRUPTED, PublishError } from './publish-error.js';
export { type Deleted, type DeleteWhat, deleteEvents } from './send/delete-events.js';
export { type Checked, checkPublished, defaultJournal, publishEvents } from './send/publish-events.js';
export { type Updated, updateEvents } from './send/update-events.js';
export type { VerifyBin } from './verify/own.js';
export { SERVER_SOURCES, type ServerSource } from './verify/server.js';
export {
  requiredCentroids,
  type Verification,
  type VerifiedBin,
  verify,
} from './verify/verify.js';
