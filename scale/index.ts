/**
 * A run on several machines: its plan, which shard a task computes, how a shard is put in place, and how far the run is.
 * Schedulers are known by the names that they put into the environment, and in no other way.
 *
 * - `place/` where a run is kept: a folder, or a prefix of a bucket
 * - `plan/` what is computed: the plan, its listing, and where it is cut
 * - `schedulers/` which task of an array this is
 * - `shards/` the shards of a run: chosen, put in place, looked at
 * - `templates/` what schedulers are given: scripts and manifests
 */
export { BucketPlace } from './place/bucket-place.js';
export { LocalPlace } from './place/local-place.js';
export { type Attempt, GATHERED_LIST, type RunPlace } from './place/run-place.js';
export { Ledger } from './plan/ledger.js';
export { fromRow, LISTING_COLUMNS, type PlannedImage, toRow } from './plan/listing-file.js';
export {
  type KnownPlan,
  MAX_SHARDS,
  PLAN,
  type Plan,
  type PlanSettings,
  parsePlan,
  planText,
  readPlan,
  runId,
  shardName,
} from './plan/plan.js';
export { ScaleError } from './scale-error.js';
export { TASK_VARIABLES, taskIndex } from './schedulers/task-index.js';
export { chooseShards, parseShards, type ShardChoice, shardsText } from './shards/choose-shards.js';
export { commitShard, type MadeShard, type ShardFacts } from './shards/commit-shard.js';
export { type FileSum, sumOf } from './shards/file-sum.js';
export { lookAtShards, type ShardStates, wholeShard } from './shards/look-at-shards.js';
export {
  type Failure,
  failureFile,
  MARKERS,
  type Marker,
  PARTS,
  partFile,
  readMarker,
  rejectedFile,
} from './shards/marker.js';
export { type RunningShard, type RunStatus, runStatus } from './shards/run-status.js';
export { fillTemplate, templatePath } from './templates/fill-template.js';
export { SCHEDULERS, type SchedulerName } from './templates/registry.js';
export type { ClusterOptions, RunPaths, Scheduler } from './templates/scheduler.js';
export { type Submission, type SubmissionOptions, submissionOf } from './templates/submission.js';
