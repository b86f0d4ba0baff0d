export { type ClientOptions, FiddlerClient, MIN_SERVER_VERSION } from './client.js';
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
export { Files, type UploadOptions, type UploadResume, type UploadSource } from './files.js';
export { isJobFailure, isRunning, isStatusUnknown, Jobs, type WaitOptions } from './jobs.js';
export { Metrics } from './metrics.js';
export { centroidsOf, type InferOptions, Models } from './models.js';
export { checkName, type NameCheck, type NamedKind } from './naming.js';
export { AlertRules, Baselines, Environments, Projects } from './projects.js';
export type { Method, RequestEvent } from './request.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';
export { Rows, type RowsQuery } from './rows.js';
export {
  type Environment,
  type EnvironmentType,
  type EventRow,
  type EventValue,
  type FiddlerFile,
  type Job,
  type JobRef,
  type Project,
  type ServerInfo,
  serverTime,
} from './schemas/common.js';
export type {
  AlertRecord,
  AlertRule,
  Baseline,
  Histogram,
  HistogramQuery,
  Instant,
  MetricBinSize,
  MetricCatalogue,
  NewAlertRule,
  NewBaseline,
  Series,
  SeriesQuery,
  ValuesQuery,
  WindowBinSize,
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
export { Token } from './token.js';
