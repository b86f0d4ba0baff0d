export { countNearest, type NearestCounts } from './assign.js';
export {
  BaselineSample,
  type BaselineSource,
  DEFAULT_CLUSTERS,
  fitProfile,
  MAX_FIT_ROWS,
  type ProfileOptions,
} from './baseline.js';
export { BaselineCounter, type BaselineCounterOptions } from './baseline-counter.js';
export type { DriftBatch } from './batch.js';
export {
  type Cause,
  type CauseOptions,
  type ColumnSummaries,
  type ColumnSummary,
  imageCauses,
} from './cause.js';
export { CentroidCounter, matrixOfRows } from './centroid-counter.js';
export { type ComparableSource, checkComparable } from './comparable.js';
export { DriftError } from './drift-error.js';
export type { DriftOptions } from './drift-options.js';
export type { EstimatedAccuracy } from './estimated-accuracy.js';
export {
  type ClusterExtremes,
  ExemplarKeeper,
  type ExemplarRow,
  mergeExtremes,
} from './exemplars.js';
export { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from './jensen-shannon.js';
export { type KMeansOptions, type KMeansResult, kMeans, MAX_CLUSTERS } from './kmeans.js';
export type { LabelCounts } from './label-tally.js';
export type { Matrix, Matrix64 } from './matrix.js';
export { emptyProfile, mergeProfiles } from './merge-profiles.js';
export type { Method, MethodContext, MethodResult, Sensitivity } from './methods/method.js';
export { DEFAULT_METHODS, METHODS, methodsByName } from './methods/registry.js';
export { type Projection, project } from './pca.js';
export { populationStabilityIndex } from './population-stability.js';
export type { Profile, ProfileFit } from './profile.js';
export { PROFILE_FORMAT, PROFILE_VERSION, parseProfile, profileToJson } from './profile-json.js';
export type {
  Histogram,
  Moments,
  Reference,
  Reliability,
  RowSample,
  StatisticCounts,
  StatisticSummary,
} from './reference.js';
export { withRelativeStatistics } from './relative-statistics.js';
export { type DriftReport, driftReport, type MethodReport, type NamedWindow, type WindowReport } from './report.js';
export {
  clusterWords,
  predictedWords,
  type ShareChange,
  type ShareChangeOptions,
  shareChanges,
} from './share-changes.js';
export { predictedOf } from './softmax-side.js';
export { type TimePart, takeRows, WINDOW_LENGTHS, type WindowLength } from './time-windows.js';
export type { Verdict } from './verdict.js';
export { type WindowCauses, windowCauses } from './window-causes.js';
export { WindowCounter, type WindowCounterOptions } from './window-counter.js';
export type { WindowCounts } from './window-counts.js';
export { mergeWindowSummaries, type ReferenceCounts, type WindowSummary } from './window-summary.js';
export { type TimeWindow, TimeWindows, WindowsByTime } from './windows-by-time.js';
