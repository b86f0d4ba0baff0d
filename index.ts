/**
 * The names that most programs need, from a checkpoint to published events. Types that are named without a section of
 * their own, and less common functions, are in the rooms: `image-drift/engine`, `image-drift/drift`, ….
 *
 * Examples marked `no_run` need a server or files of your own. A spec compiles all of them and runs the others.
 * @packageDocumentation
 */
// biome-ignore-all assist/source/organizeImports: in the order in which a program needs them

// Convert a checkpoint
export { type Converted, type ConvertOptions, convertCheckpoint, convertToOnnx } from './convert/index.js';

// Weights
export { type BundledModel, bundledModels, type ModelConfig, weightsFolder } from './weights/index.js';

// Embed images
export { type EmbedImagesOptions, type EmbedSummary, embedImages } from './pipeline/index.js';

// Embed images from memory
export {
  type BackendName,
  type Embedded,
  Embedder,
  type EmbedderOptions,
  type Examination,
  examineEngines,
  type ImageBatch,
  type TapOutput,
} from './engine/index.js';

// Read image files
export { type ImageSet, type ImageSetOptions, type LabelledBatch, openImages } from './data/index.js';

// Read and write events
export {
  type EventBatch,
  type EventSource,
  type EventTableSchema,
  type EventWriter,
  openEvents,
  openEventWriter,
} from './data/index.js';

// Describe a baseline
export type { Profile, ProfileOptions } from './drift/index.js';
export {
  countProfileShard,
  fitProfileFromEvents,
  mergeProfileFiles,
  readProfile,
  writeProfile,
} from './pipeline/index.js';

// Measure drift
export {
  type DriftReport,
  jensenShannonDistance,
  type MethodReport,
  type Verdict,
  type WindowReport,
} from './drift/index.js';
export { type Measurement, type MeasureOptions, measureWindows } from './pipeline/index.js';

// Write a report
export { type ReportOptions, writeReport } from './pipeline/index.js';

// Test what would be noticed
export { type DrillOptions, runDrill } from './pipeline/index.js';
export type { DrillTable } from './report/index.js';

// Alarms over months
export { openMonitor } from './pipeline/monitor/index.js';

// Publish to Fiddler
export { FiddlerClient } from './fiddler/client/index.js';
export {
  type Onboarded,
  type OnboardOptions,
  onboard,
  type Published,
  type PublishOptions,
  publishEvents,
  type Verification,
  type VerifyOptions,
  verify,
} from './fiddler/publish/index.js';

// Handle errors
export { CodedError } from './base/index.js';
