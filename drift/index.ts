/**
 * Drift of embeddings, predictions and image statistics against a baseline. Numbers go in, numbers come out: the room
 * reads no files. `docs/design.md` says in which order its folders build on each other.
 */

export { type Cause, type ColumnSummaries, type ColumnSummary, withRelativeStatistics } from './causes/cause.js';
export type { CheckReport, DuplicatesReport, ImagesReport } from './causes/image-reports.js';
export {
  clusterWords,
  OTHER_CLASSES,
  predictedWords,
  type ShareChange,
  type ShareChangeOptions,
  shareChanges,
} from './causes/share-changes.js';
export { type CauseOptions, imageCauses, UNNAMED, type WindowCauses, windowCauses } from './causes/window-causes.js';
export { CentroidCounter, countNearest, matrixOfRows, type NearestCounts } from './clustering/assign.js';
export { type KMeansOptions, type KMeansResult, kMeans, MAX_CLUSTERS } from './clustering/kmeans.js';
export { DriftError } from './drift-error.js';
export {
  canSuffice,
  EQUIVALENCE,
  matchedRows,
  mixRows,
  sharedRows,
  type Told,
  tellApart,
} from './explain/equivalence.js';
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
  nelderMead,
  strengthAt,
} from './explain/fit-causes.js';
export { ImageFeatures } from './explain/image-features.js';
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
export { type ClassMix, changedShare, fitClassMix } from './explain/shares.js';
export { groupDesign, LEAST_GROUPS } from './groups/design-effect.js';
export { DEFAULT_GROUP } from './groups/grouping.js';
export { IMAGE_CHECKS, type ImageCheck, plainKind, type SizeLimits } from './images/image-checks.js';
export type { CheckCount, HashCounts, ImageBaseline, ImageCounts } from './images/image-tally.js';
export {
  groupedBy,
  type LabelledRow,
  partAccuracy,
  plannedAccuracy,
  randomAccuracy,
} from './labels/labelled-accuracy.js';
export { type ChangedRow, type PairedAccuracy, pairedAccuracy } from './labels/paired-accuracy.js';
export { type LabelPlan, labelPlans, type PlannableRows, type PlannedLabel, planLabels } from './labels/plan-labels.js';
export { cholesky } from './linear/decompositions.js';
export { type Matrix, type Matrix64, rowsOf } from './linear/matrix.js';
export { fitPca, type Projection, project } from './linear/pca.js';
export type { LabelDistance } from './methods/frechet.js';
export type { Method, MethodContext, MethodResult } from './methods/method.js';
export { DEFAULT_METHODS, defaultAlarms, METHODS, methodsByName } from './methods/registry.js';
export { chiSquareCdf, chiSquareQuantile, noncentralChiSquareCdf } from './null/chi-square.js';
export type { Sensitivity } from './null/interval.js';
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
export {
  checkBatch,
  checkSkipped,
  DAY,
  type DriftBatch,
  type ImageRows,
  isBatchRowUsable,
  type SegmentColumns,
} from './rows/batch.js';
export { textKey } from './rows/keys.js';
export { type LabelColumn, labelColumn, labelColumns, ofImages } from './rows/label-columns.js';
export type { RowSample } from './rows/row-sample.js';
export { accuracyOf, confidenceOf, type LabelCounts, predictedOf } from './rows/tallies.js';
export type { AccuracyInterval, AllRows, MeasuredAccuracy } from './statistics/accuracy-interval.js';
export { logGamma } from './statistics/beta.js';
export type { EstimatedAccuracy, Reliability } from './statistics/estimated-accuracy.js';
export {
  jensenShannonDistance,
  type LogBase,
  maximumJensenShannonDistance,
  populationStabilityIndex,
} from './statistics/histogram-distances.js';
export type { Moments } from './statistics/moments.js';
export {
  ALPHA_RANGE,
  askedMethods,
  blindAt,
  checkDriftOptions,
  checkSeeing,
  isAlpha,
} from './verdicts/drift-options.js';
export type { DriftReport, MethodReport, WindowReport } from './verdicts/drift-report.js';
export { baselineWorthReport, driftReport, estimatedAccuracy, type NamedWindow } from './verdicts/report.js';
export { isHurt, type SegmentMethod, type SegmentReport, segmentWindow } from './verdicts/segments.js';
export { type AccuracyTest, SMALL_BASELINE, type Verdict } from './verdicts/verdict.js';
export { baselineWorth } from './windows/effective-rows.js';
export {
  type ClusterExtremes,
  ExemplarKeeper,
  type ExemplarRow,
  type Fact,
  mergeExtremes,
} from './windows/exemplars.js';
export { type LabelRow, LabelRows } from './windows/label-rows.js';
export { type RankedRow, RankedRows, type SampledUnlike, type Unlike, Unlikeness } from './windows/ranked-rows.js';
export {
  type TimePart,
  type TimeWindow,
  TimeWindows,
  takeRows,
  WINDOW_LENGTHS,
  type WindowLength,
  WindowsByTime,
  windowMilliseconds,
  windowName,
  windowStart,
} from './windows/time-windows.js';
export { WindowCounter, type WindowCounterOptions } from './windows/window-counter.js';
export { mergeWindowSummaries, type WindowCounts, type WindowSummary } from './windows/window-summary.js';
