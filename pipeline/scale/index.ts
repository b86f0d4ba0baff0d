/** A run on several machines, put together from the rooms: the plan, the shards of a task, and the whole. */
export { type EmbeddedShards, type EmbedShardsOptions, embedShards } from './embed-shards.js';
export { type Gathered, type GatherRunOptions, gatherRun } from './gather.js';
export { makePlan, type PlanOptions, type PlanSummary } from './make-plan.js';
export { checkWholeRun, openRun, withRun } from './runs.js';
export { handOver, type SubmitOptions, type Submitted, submissionText } from './submit.js';
