/**
 * A run on several machines: its plan, which shard a task computes, how a shard is put in place, and how far the run is.
 * Schedulers are known by the names that they put into the environment, and in no other way.
 *
 * - `place/` where a run is kept: a folder, or a prefix of a bucket
 * - `plan/` what is computed: the plan, its listing, and where it is cut
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
export {
  chooseShards,
  parseShards,
  type ShardChoice,
  shardsText,
  TASK_VARIABLES,
  taskIndex,
} from './shards/choose-shards.js';
export {
  commitShard,
  type Failure,
  type FileSum,
  failureFile,
  MARKERS,
  type MadeShard,
  type Marker,
  PARTS,
  partFile,
  readMarker,
  rejectedFile,
  type ShardFacts,
  sumOf,
} from './shards/marker.js';
export {
  lookAtShards,
  type RunningShard,
  type RunStatus,
  runStatus,
  type ShardStates,
  wholeShard,
} from './shards/run-status.js';
export { SCHEDULERS, type SchedulerName } from './templates/registry.js';
export {
  type ClusterOptions,
  fillTemplate,
  type RunPaths,
  type Scheduler,
  type Submission,
  type SubmissionOptions,
  submissionOf,
  templatePath,
} from './templates/submission.js';
