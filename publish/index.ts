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
export { copyId, planDays, type SpreadTimestamps, type TimestampPlan } from './publish-timestamps.js';
export { DEFAULT_RETENTION_DAYS } from './publish-validate.js';
