/** What a caller says to `onboard`, and what it finds or makes. */

import type { OptionNames } from '../../../base/index.js';
import type { ColumnChoice } from '../../../data/index.js';
import type { AlertRule, Model, Project } from '../../client/index.js';
import type { CentroidsFile } from '../centroids/file.js';
import type { ModelDifference } from './differences.js';

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
export interface OnboardOptions {
  /** Event table, as a rule the reference: the clusters are found in it. */
  events: string;
  /** Name of the project. */
  project: string;
  /** Name of the model. */
  model: string;
  /** Makes a new version of that name where the model of the server does not fit; default: the latest, or `v1`. */
  version?: string | undefined;
  /** Default 5; left out, a model that is there keeps what it has. */
  clusters?: number | undefined;
  /** Schema and centroids are made here instead of by the server's model-factory. */
  local?: boolean | undefined;
  /** Further columns of the events that become columns of the model, by name; default none. */
  metadata?: readonly string[] | undefined;
  /** Which columns are embeddings and scores, where the table does not say. */
  columns?: ColumnChoice | undefined;
  /** Seed of the sample, and of k-means where that is done here; default 0. */
  seed?: number | undefined;
  /** Alert rules: `auto`, what `drill --json` printed, or a file of rules; default: none. */
  alerts?: string | undefined;
  /** Where the server's centroids are put; default: nowhere. */
  centroidsOut?: string | undefined;
}

export const ONBOARD_OPTIONS: OptionNames<OnboardOptions> = {
  events: true,
  project: true,
  model: true,
  version: true,
  clusters: true,
  local: true,
  metadata: true,
  columns: true,
  seed: true,
  alerts: true,
  centroidsOut: true,
};

/**
 * What `onboard` found or made.
 *
 * @example
 * ```ts
 * import type { Onboarded } from 'image-drift';
 *
 * function describe({ project, model, created, notices }: Onboarded): string {
 *   return [`${project.name}/${model.name} ${model.version}${created.model ? ', new' : ''}`, ...notices].join('\n');
 * }
 * ```
 */
export interface Onboarded {
  /** The project, found or made. */
  project: Project;
  /** The model, found or made. */
  model: Model;
  /** What was made now. */
  created: { project: boolean; model: boolean };
  /** What the latest version has otherwise, where a new version was made because of it. */
  differences: ModelDifference[];
  /** Columns of the events that were asked for as metadata. */
  metadata: readonly string[];
  /** Columns of the events that the model has not, and that are not sent. */
  leftOut: readonly string[];
  /** Null where the server shows none: then no drift of the embedding can be compared. */
  centroids: CentroidsFile | null;
  /** True where the file was made or is another now. */
  centroidsWritten: boolean;
  /** Those that were made; rules of these names that are there are left as they are. */
  alertRules: AlertRule[];
  /** What a person should know, in sentences. */
  notices: string[];
}
