export { AlertRules } from './alert-rules.js';
export { Baselines } from './baselines.js';
export { centroidsOf } from './centroids.js';
export { type ClientOptions, FiddlerClient } from './client.js';
export { Environments } from './environments.js';
export { Events, type EventTarget, MAX_IDS_PER_DELETION, MAX_ROWS_PER_REQUEST } from './events.js';
export {
  Conflict,
  FiddlerError,
  type FiddlerErrorOptions,
  NotFound,
  Rejected,
  Unauthorized,
  Unavailable,
  UnknownOutcome,
  Unsupported,
} from './fiddler-error.js';
export { Files } from './files.js';
export { Jobs } from './jobs.js';
export { Metrics } from './metrics.js';
export { type InferOptions, Models } from './models.js';
export { checkName, type NameCheck, type NamedKind } from './naming.js';
export { Projects } from './projects.js';
export type { Method, RequestEvent } from './request.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';
export { Rows, type RowsQuery } from './rows.js';
export type { AlertRecord, AlertRule, NewAlertRule } from './schemas/alert-rule.js';
export type { Baseline, NewBaseline, WindowBinSize } from './schemas/baseline.js';
export { serverTime } from './schemas/common.js';
export type { Environment } from './schemas/environment.js';
export type { EnvironmentType, EventRow, EventValue } from './schemas/events.js';
export type { FiddlerFile } from './schemas/file.js';
export type { Job, JobRef } from './schemas/job.js';
export type {
  Histogram,
  HistogramQuery,
  Instant,
  MetricBinSize,
  MetricCatalogue,
  Series,
  SeriesQuery,
  ValuesQuery,
} from './schemas/metrics.js';
export type {
  Column,
  CustomFeature,
  DataType,
  InferredModel,
  InputType,
  Model,
  ModelPatch,
  ModelSchema,
  ModelSpec,
  ModelSummary,
  ModelTask,
  NewModel,
  TaskParams,
} from './schemas/model.js';
export type { Project } from './schemas/project.js';
export type { ServerInfo } from './schemas/server-info.js';
export { MIN_SERVER_VERSION } from './server-info.js';
export { Token } from './token.js';
export type { UploadOptions, UploadResume } from './upload.js';
export type { UploadSource } from './upload-source.js';
export { isJobFailure, isRunning, isStatusUnknown, type WaitOptions } from './wait-for-job.js';
