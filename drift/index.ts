/**
 * Drift of embeddings, predictions and image statistics against a baseline. Numbers go in, numbers come out: the room
 * reads no files.
 *
 * Its folders, from the bottom up; each imports only those before it:
 *
 * - `linear/` matrices, distances, principal components
 * - `statistics/` formulas with their sources: distances of histograms, p-values, sums
 * - `clustering/` k-means, and the nearest centroids of rows
 * - `rows/` batches of rows, and samples of them
 * - `groups/` what hangs together: groups, chains of near-duplicates, neighbours, and what rows are worth
 * - `images/` repeated and bad images, counted
 * - `profile/` what is kept of a baseline: fitting, counting, merging, JSON
 * - `windows/` what is kept of production rows, and their split by time
 * - `null/` distributions without drift: chi-square, hypergeometric, intervals, power
 * - `tests/` two-sample tests
 * - `methods/` what `--methods` offers: one file each, and the registry
 * - `causes/` why a window differs, in words
 * - `explain/` which cause, made again, leads from the baseline to the window, and whether that suffices
 * - `verdicts/` drift, no drift or too few rows, and the report of all windows
 */

export type { Cause, ColumnSummaries, ColumnSummary } from './causes/cause.js';
export { OTHER_CLASSES } from './causes/given-classes.js';
export { type CauseOptions, imageCauses, UNNAMED } from './causes/image-causes.js';
export type { CheckReport, DuplicatesReport, ImagesReport } from './causes/images-report.js';
export { withRelativeStatistics } from './causes/relative-statistics.js';
export {
  clusterWords,
  predictedWords,
  type ShareChange,
  type ShareChangeOptions,
  shareChanges,
} from './causes/share-changes.js';
export { type WindowCauses, windowCauses } from './causes/window-causes.js';
export { CentroidCounter, countNearest, matrixOfRows, type NearestCounts } from './clustering/assign.js';
export { type KMeansOptions, type KMeansResult, kMeans, MAX_CLUSTERS } from './clustering/kmeans.js';
export { DriftError } from './drift-error.js';
export { changedShare } from './explain/changed-share.js';
export { type ClassMix, fitClassMix } from './explain/class-mix.js';
export { canSuffice, EQUIVALENCE, mixRows, type Told, tellApart } from './explain/equivalence.js';
export {
  type CauseCurve,
  CauseSpline,
  type FittedCurve,
  type FittedPair,
  type FittedShare,
  fitCurve,
  fitPairs,
  fitShare,
  isClearlyLess,
  leftWith,
  strengthAt,
} from './explain/fit-causes.js';
export { ImageFeatures } from './explain/image-features.js';
export { nelderMead } from './explain/nelder-mead.js';
export {
  isRightMoreOftenThanSure,
  type JudgedRows,
  type PredictedRows,
  type ReadOff,
  type Remade,
  rangeOf,
  readOff,
  remadeAccuracy,
  type WindowSample,
} from './explain/read-off.js';
export { matchedRows, sharedRows } from './explain/shared-rows.js';
export { LEAST_GROUPS } from './groups/design-effect.js';
export { DEFAULT_GROUP } from './groups/grouping.js';
export type { HashCounts } from './images/hash-tally.js';
export { IMAGE_CHECKS, type ImageCheck, type SizeLimits } from './images/image-checks.js';
export type { CheckCount, ImageBaseline, ImageCounts } from './images/image-tally.js';
export { type Matrix, type Matrix64, rowsOf } from './linear/matrix.js';
export { fitPca, type Projection, project } from './linear/pca.js';
export type { LabelDistance } from './methods/frechet.js';
export type { Method, MethodContext, MethodResult } from './methods/method.js';
export { DEFAULT_METHODS, defaultAlarms, METHODS, methodsByName } from './methods/registry.js';
export type { Sensitivity } from './null/sensitivity.js';
export type { Adjustment, DriftOptions, ProfileOptions } from './options/index.js';
export {
  BaselineSample,
  type BaselineSource,
  DEFAULT_CLUSTERS,
  fitProfile,
  MAX_FIT_ROWS,
} from './profile/baseline.js';
export { BaselineCounter, type BaselineCounterOptions } from './profile/baseline-counter.js';
export { emptyProfile, mergeProfiles } from './profile/merge-profiles.js';
export { type ComparableSource, checkComparable, type Profile, type ProfileFit } from './profile/profile.js';
export { PROFILE_FORMAT, PROFILE_VERSION, parseProfile, profileToJson } from './profile/profile-json.js';
export type { Histogram, Reference, StatisticCounts, StatisticSummary } from './profile/reference.js';
export type { ReferenceCounts } from './profile/reference-counter.js';
export type { DriftBatch, ImageRows } from './rows/batch.js';
export { accuracyOf, confidenceOf, type LabelCounts, predictedOf } from './rows/label-tally.js';
export type { RowSample } from './rows/row-sample.js';
export type { SegmentColumns } from './rows/segment-tally.js';
export type { EstimatedAccuracy, Reliability } from './statistics/estimated-accuracy.js';
export { populationStabilityIndex } from './statistics/histogram-distances.js';
export { jensenShannonDistance, type LogBase, maximumJensenShannonDistance } from './statistics/jensen-shannon.js';
export type { Moments } from './statistics/moments.js';
export type { AccuracyTest } from './verdicts/accuracy-test.js';
export {
  ALPHA_RANGE,
  askedMethods,
  blindAt,
  checkDriftOptions,
  checkSeeing,
  isAlpha,
} from './verdicts/drift-options.js';
export type { DriftReport, MethodReport, WindowReport } from './verdicts/drift-report.js';
export { baselineWorthReport, driftReport, type NamedWindow } from './verdicts/report.js';
export { isHurt, type SegmentMethod, type SegmentReport } from './verdicts/segments.js';
export type { Verdict } from './verdicts/verdict.js';
export {
  type ClusterExtremes,
  ExemplarKeeper,
  type ExemplarRow,
  type Fact,
  mergeExtremes,
} from './windows/exemplars.js';
export { type RankedRow, RankedRows, type SampledUnlike, type Unlike, Unlikeness } from './windows/ranked-rows.js';
export {
  type TimePart,
  type TimeWindow,
  TimeWindows,
  takeRows,
  WINDOW_LENGTHS,
  type WindowLength,
  WindowsByTime,
} from './windows/time-windows.js';
export { WindowCounter, type WindowCounterOptions } from './windows/window-counter.js';
export { mergeWindowSummaries, type WindowCounts, type WindowSummary } from './windows/window-summary.js';
