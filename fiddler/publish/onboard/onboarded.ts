import type { AlertRule, Model, Project } from '../../client/index.js';
import type { CentroidsFile } from '../centroids/file.js';
import type { ModelDifference } from './differences.js';

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
