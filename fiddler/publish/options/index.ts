/** Options of a publish and of a model, with the commands' flags. Help texts load it, so it loads nothing else here. */
import { anything, list, number, type OptionsOf, seconds, text, toggle, whole } from '../../../base/index.js';
import type { ColumnChoice } from '../../../data/index.js';
import type { Model } from '../../client/index.js';
import type { PublishProgress } from '../progress.js';

export type PublishMode = 'files' | 'stream';
export type PublishEnvironment = { type: 'PRE_PRODUCTION'; name: string } | { type: 'PRODUCTION' };

export interface SpreadTimestamps {
  from: 'spread';
  /** Days of each file. */
  days: number;
  /** Rows of each day. */
  rowsPerDay: number;
  seed: number;
  /** The newest day's time, ms since 1970; null: the time at which the journal is begun. */
  until: number | null;
}

export type TimestampPlan = { from: 'column' } | SpreadTimestamps;

/** With its newest day settled: what a journal keeps, so that a resumed run has the same days. */
export type SettledTimestamps = { from: 'column' } | (SpreadTimestamps & { until: number });

export const publishFields = {
  /** Paths of event tables. */
  files: anything<readonly string[]>().needed(),
  /** The model to publish to, as `onboard` returns it. */
  model: anything<Model>().needed(),
  /** `PRODUCTION`, or a named baseline in `PRE_PRODUCTION`. */
  environment: anything<PublishEnvironment>().needed(),
  /** Production only: the events' own times by default. */
  timestamps: anything<TimestampPlan>(),
  /** `files`: uploads, and a job each. `stream`: rows in the request, at most 1,000, production only. */
  mode: anything<PublishMode>().default('files'),
  /** Rows of an uploaded file at most; default 20,000. */
  rowsPerFile: whole(1).flag('Rows of an uploaded file, at most').shows('20,000'),
  /** Requests at once; default 2. */
  concurrency: whole(1).default(2).flag('Requests at once'),
  /** Path; default: beside the first file. */
  journal: text().flag('File that says what has been sent').shows('EVENTS.publish-….jsonl'),
  /** Whether to wait for the jobs; default true. */
  wait: toggle().default(true).flag('Wait for the jobs; --no-wait to leave when they are accepted'),
  /** Longest wait for one job; default half an hour. */
  timeoutSeconds: seconds().default(1_800).named('timeout').flag('Longest wait for a job, in seconds').shows('1,800'),
  /** After a lost answer, seconds between two looks at the server that must agree; default 2. */
  settleSeconds: seconds()
    .default(2)
    .named('settle')
    .flag('After a lost answer: seconds between two looks at the server that must agree'),
  /** Seconds until accepted events can be read back; default 300: Fiddler's quickstarts say "3 to 5 minutes". */
  lagSeconds: seconds()
    .default(300)
    .named('lag')
    .flag('Seconds after which events that the server took can be read back from it'),
  /** Send once more what got no answer, without looking whether it is there. */
  resend: toggle()
    .default(false)
    .flag('Send again what was not answered, where the server cannot be asked whether it has it'),
  /** Also send the statistics of the images that the model has columns for. */
  statistics: toggle().default(false).flag('Also send image_stat_… columns, if the model has them').typedOnly(),
  /** Warn about events that are older; default 90: Fiddler keeps production events about so long (its handbook). */
  retentionDays: whole(1).default(90).flag('Warn of events older than this'),
  /** Go on although other runs seem to publish to the model. */
  force: toggle().default(false).flag('Go on although other jobs publish to the model'),
  /** At the end, read back whether the server has all that it took; default true. */
  confirm: toggle()
    .default(true)
    .flag('At the end, read back whether the server has everything; --no-confirm to leave before'),
  /** Which columns of the tables are embeddings and scores, where they do not say. */
  columns: anything<ColumnChoice>(),
  /** sha256 of the weights that the model was onboarded with, where known. */
  weightsSha256: anything<string | null>(),
  /** Called whenever events were sent or a job has ended. */
  onProgress: anything<(progress: PublishProgress) => void>(),
  /** Stops the run with its state saved in the journal. */
  signal: anything<AbortSignal>(),
};

/**
 * What `publishEvents` sends, where to, and how.
 *
 * @example
 * ```ts
 * import type { Onboarded, PublishOptions } from 'image-drift';
 *
 * function production(model: Onboarded['model']): PublishOptions {
 *   return { files: ['week_1.parquet'], model, environment: { type: 'PRODUCTION' }, concurrency: 4 };
 * }
 * ```
 */
export interface PublishOptions extends OptionsOf<typeof publishFields> {}

const { model: _, ...withoutModel } = publishFields;

/** What is checked and planned; the model need not be known. */
export const planFields = withoutModel;

export const deleteFields = {
  model: publishFields.model,
  dryRun: anything<boolean>().default(false),
  settleSeconds: publishFields.settleSeconds,
  /** How long deleted events may still be visible. */
  lagSeconds: publishFields.lagSeconds,
  /** Folders whose journals of this model are opened again; the one of `what.journal` always is. */
  journalFolders: anything<readonly string[]>().default([]),
  onWait: anything<(what: string) => void>(),
};

export interface DeleteOptions extends OptionsOf<typeof deleteFields> {}

export const onboardFields = {
  /** Event table, as a rule the reference: the clusters are found in it. */
  events: anything<string>().needed(),
  /** Name of the project. */
  project: anything<string>().needed(),
  /** Name of the model. */
  model: anything<string>().needed(),
  /** Makes a new version of that name where the model of the server does not fit; default: the latest, or `v1`. */
  version: text().named('modelVersion').flag('Version of the model, made where it is not there').shows('the newest'),
  /** Default 5; left out, a model that is there keeps what it has. */
  clusters: whole(1).flag("Bins of the embedding's drift").shows('5, or what the model has'),
  /** Further columns of the events that become columns of the model, by name; default none. */
  metadata: list().flag('Further columns that Fiddler gets: site,camera').shows('none; they are listed'),
  /** Schema and centroids are made here instead of by the server's model-factory. */
  local: toggle()
    .default(false)
    .flag('Find schema and centroids here, instead of sending a sample to the server for them'),
  /** Alert rules: `auto`, what `drill --json` printed, or a file of rules; default: none. */
  alerts: text().flag('Make alert rules for the drift of a day: auto, a file of drill --json, or a JSON list of rules'),
  /** Where the server's centroids are put; default: nowhere. */
  centroidsOut: text()
    .flag("Where the server's centroids are put, for drift --centroids")
    .shows('MODEL.centroids.json'),
  /** Seed of the sample, and of k-means where that is done here; default 0. */
  seed: whole(0).default(0).flag('Of the sample'),
  /** Which columns are embeddings and scores, where the table does not say. */
  columns: anything<ColumnChoice>(),
};

/**
 * Which model `onboard` makes, and from which events.
 *
 * @example
 * ```ts
 * import type { OnboardOptions } from 'image-drift';
 *
 * const options: OnboardOptions = {
 *   events: 'reference.parquet',
 *   project: 'image_monitoring',
 *   model: 'resnet18',
 *   centroidsOut: 'resnet18.centroids.json',
 * };
 * ```
 */
export interface OnboardOptions extends OptionsOf<typeof onboardFields> {}

export const verifyFields = {
  /** The model that the events were published to. */
  model: anything<Model>().needed(),
  /** Name of the server's baseline. */
  baseline: text().needed().flag("Name of the server's baseline").typedOnly(),
  /** The table of events that was published as that baseline. */
  baselineEvents: text().needed().flag('The events that were published as that baseline'),
  /** The tables of production events, as they were given to be published. */
  published: anything<readonly string[]>().needed(),
  /** The times that they were published with; default those of their own column. */
  timestamps: anything<SettledTimestamps>(),
  /** Default `Day`. */
  bin: anything<'Day' | 'Week'>().default('Day'),
  /** A larger difference between two computations of the same histograms goes beyond rounding. Default 1e-6. */
  tolerance: number().default(1e-6).computes('Largest difference that is none'),
  /** Custom feature; default the only one with centroids. */
  feature: text().flag('Custom feature of the model').shows('image_feature'),
  /** True: only the server's series where it has one: few requests, not two a bin. Default false: all it offers. */
  briefly: anything<boolean>(),
  /** Which columns of the tables are embeddings and scores, where they do not say. */
  columns: anything<ColumnChoice>(),
};

/**
 * Which published events `verify` compares with the server's numbers.
 *
 * @example
 * ```ts
 * import type { Onboarded, VerifyOptions } from 'image-drift';
 *
 * function options(model: Onboarded['model']): VerifyOptions {
 *   return {
 *     model,
 *     baseline: 'train_time_reference',
 *     baselineEvents: 'reference.parquet',
 *     published: ['week_1.parquet'],
 *     bin: 'Day',
 *   };
 * }
 * ```
 */
export interface VerifyOptions extends OptionsOf<typeof verifyFields> {}
