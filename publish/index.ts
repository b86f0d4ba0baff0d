export { checkCentroidsFit, type ExpectedNumbers, expectedNumbers } from './expected-numbers.js';
export { differenceLines, type ModelDifference, modelDifferences } from './model-differences.js';
export { EMBEDDING_FEATURE } from './model-spec.js';
export { type Onboarded, type OnboardOptions, onboard } from './onboard.js';
export { PublishError } from './publish-error.js';
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
