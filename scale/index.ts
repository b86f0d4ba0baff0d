/**
 * A run on several machines: its plan, which shard a task computes, how a shard is put in place, and how far the run
 * is. Schedulers are known by the names that they put into the environment, and in no other way.
 *
 * - `place/` where a run is kept: a folder, or a prefix of a bucket
 * - `plan/` what is computed: the plan, its listing, and where it is cut
 * - `shards/` the shards of a run: chosen, put in place, looked at
 * - `templates/` what schedulers are given: scripts and manifests
 */
export * from './place/bucket-place.js';
export * from './place/local-place.js';
export { type Attempt, GATHERED_LIST, type RunPlace } from './place/run-place.js';
export * from './plan/ledger.js';
export * from './plan/listing-file.js';
export * from './plan/plan.js';
export * from './scale-error.js';
export * from './shards/choose-shards.js';
export * from './shards/marker.js';
export * from './shards/run-status.js';
export { SCHEDULERS, type SchedulerName } from './templates/registry.js';
export * from './templates/submission.js';
