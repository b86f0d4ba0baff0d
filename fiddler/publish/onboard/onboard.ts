/**
 * Onboarding: a project, and in it a model made of the events' own columns, so that they can be published. Done a second
 * time it changes nothing. Publishes no event; what a model looks like is in `spec.ts` and `schema.ts`.
 */

import { checkNames, quoted, shown } from '../../../base/index.js';
import { type CarriedColumn, type EventSource, openEvents } from '../../../data/index.js';
import {
  type AlertRule,
  checkName,
  type FiddlerClient,
  type Model,
  type ModelSpec,
  type Project,
  Rejected,
} from '../../client/index.js';
import { type CentroidsFile, centroidsJson, readCentroidsIfThere, writeCentroids } from '../centroids/file.js';
import { serverCentroids } from '../centroids/server-centroids.js';
import { checkSameOrigin } from '../centroids/server-numbers.js';
import { type OnboardOptions, onboardFields } from '../options/index.js';
import { PublishError } from '../publish-error.js';
import { createAlerts } from './alerts.js';
import { differenceLines, type ModelDifference, modelDifferences } from './differences.js';
import { wantedMetadata } from './metadata.js';
import { newModel } from './new-model.js';
import { EMBEDDING_FEATURE } from './spec.js';

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

/**
 * Makes a project and a model on Fiddler from the columns of an event table, so that such events can be published.
 * Publishes no event. A second call changes nothing.
 *
 * @param client the server
 * @param options event table, names of project and model
 * @returns project, model, and the centroids of the embedding's clusters, if the server shows them
 * @throws PublishError `MODEL_DIFFERS` with the differences, `NAME_REFUSED` with a valid name, `EVENTS_OTHER_…`,
 *   `SCHEMA_NOT_USABLE`, `METADATA_MISSING`, `METADATA_TYPE`
 * @throws DataError, DriftError, FileError, FiddlerError
 *
 * @example
 * ```ts no_run
 * import { FiddlerClient, onboard } from 'image-drift';
 *
 * const client = FiddlerClient.fromEnvironment();
 * const { model } = await onboard(client, {
 *   events: 'reference.parquet',
 *   project: 'image_monitoring',
 *   model: 'resnet18',
 * });
 * console.log(model.id, model.version);
 * await client.close();
 * ```
 */
export async function onboard(client: FiddlerClient, options: OnboardOptions): Promise<Onboarded> {
  checkNames('onboard', options, onboardFields);
  const events = await openEvents(options.events, options.columns);
  try {
    return await new Onboarding(client, options, events).run();
  } finally {
    await events.close();
  }
}

class Onboarding {
  readonly #notices: string[] = [];
  /** What was sent for the model that was made here, with its centroids. */
  #sent: ModelSpec | null = null;
  /** What is in the file of centroids already. */
  #saved: CentroidsFile | null = null;

  readonly #client: FiddlerClient;
  readonly #options: OnboardOptions;
  readonly #events: EventSource;
  readonly #metadata: readonly CarriedColumn[];

  constructor(client: FiddlerClient, options: OnboardOptions, events: EventSource) {
    this.#client = client;
    this.#options = options;
    this.#events = events;
    this.#metadata = wantedMetadata(options.events, events.schema, options.metadata ?? []);
  }

  async run(): Promise<Onboarded> {
    const { centroidsOut } = this.#options;
    this.#saved = centroidsOut === undefined ? null : await readCentroidsIfThere(centroidsOut);
    await this.#client.serverInfo();
    const { project, created: isNewProject } = await this.#project();
    const before = isNewProject ? null : await this.#modelBefore(project.id);
    const differences = before === null ? [] : this.#differences(before.model);
    if (before !== null && differences.length > 0 && !before.isOther) throw this.#differs(before.model, differences);
    const kept = before !== null && !before.isOther ? before.model : null;
    if (kept !== null) this.#checkOrigin(kept);

    const model = kept ?? (await this.#createModel(project.id));
    const created = { project: isNewProject, model: kept === null };
    this.#tellWhatIsUnusual(created);
    const leftOut = this.#leftOut(model);
    if (leftOut.length > 0) this.#tellWhatIsLeftOut(leftOut);
    const { alerts } = this.#options;
    const alertRules = alerts === undefined ? [] : await createAlerts(this.#client, model, alerts);
    const centroids = this.#centroids(project, model);
    const centroidsWritten = centroids !== null && (await this.#saveCentroids(centroids));
    const metadata = this.#metadata.map(({ name }) => name);
    const made = { project, model, created, differences, metadata, leftOut };
    return { ...made, centroids, centroidsWritten, alertRules, notices: this.#notices };
  }

  /** Carried columns that the model has not: Fiddler would drop them in silence. */
  #leftOut({ schema: { columns } }: Model): string[] {
    const known = new Set(columns.map(({ name }) => name));
    return (this.#events.schema.carried ?? []).map(({ name }) => name).filter((name) => !known.has(name));
  }

  #tellWhatIsLeftOut(leftOut: readonly string[]): void {
    const names = leftOut.slice(0, 20).map(shown).join(', ');
    this.#notice(
      `Left out, and not sent to Fiddler: ${names}${leftOut.length > 20 ? ', …' : ''}. --metadata ${shown(leftOut[0] as string)} takes a column along.`,
    );
  }

  #tellWhatIsUnusual(created: Onboarded['created']): void {
    for (const kind of ['project', 'model'] as const) {
      const name = this.#options[kind];
      const { problem } = checkName(kind, name);
      if (created[kind] && problem !== null)
        this.#notice(`The ${kind} ${quoted(name)} ${problem}; this server takes it.`);
    }
    if (this.#events.schema.hasEventIds) return;
    this.#notice(`${this.#options.events} has no event ids: an event that is published twice cannot be told.`);
  }

  /** The version asked for; where that is not there, or none is asked for, the latest. Null without any. */
  async #modelBefore(projectId: string): Promise<{ model: Model; isOther: boolean } | null> {
    const { model: name, version } = this.#options;
    if (version !== undefined) {
      const model = await this.#client.models.byName(projectId, name, { version });
      if (model !== null) return { model, isOther: false };
    }
    const latest = await this.#client.models.byName(projectId, name, { latest: true });
    return latest && { model: latest, isOther: version !== undefined };
  }

  #differences(model: Model): ModelDifference[] {
    const table = { ...this.#events.schema, metadata: this.#metadata };
    return modelDifferences(model, table, this.#options.clusters ?? null);
  }

  #differs(model: Model, differences: readonly ModelDifference[]): PublishError {
    const { events, model: name } = this.#options;
    return new PublishError(
      'MODEL_DIFFERS',
      [
        `${events}: does not fit the model ${name} ${model.version} on the server in ${differences.length} points`,
        ...differenceLines(differences),
      ].join('\n'),
      { hint: `For a new version of the model beside the old one: --model-version ${nextVersion(model.version)}` },
    );
  }

  /** The weights are not on the server; what was saved when the model was made tells of them. */
  #checkOrigin(model: Model): void {
    const { centroidsOut, events } = this.#options;
    const saved = this.#savedOf(model);
    if (saved) checkSameOrigin(this.#events.schema, saved, events, `${centroidsOut} of ${model.name} ${model.version}`);
  }

  /** What is in the file, if it is of this model. */
  #savedOf({ name, version }: Model): CentroidsFile | null {
    return this.#saved?.model === name && this.#saved.version === version ? this.#saved : null;
  }

  async #project(): Promise<{ project: Project; created: boolean }> {
    const { project } = this.#options;
    return this.#withName('project', () => this.#client.projects.getOrCreate(project));
  }

  async #createModel(projectId: string): Promise<Model> {
    const options = { ...this.#options, metadata: this.#metadata, projectId };
    const { body, ownCentroids } = await newModel(this.#client, this.#events, options);
    if (ownCentroids && !this.#options.local) {
      this.#notice("The server's model-factory gave no centroids: they were found here, by k-means.");
    }
    this.#sent = body.spec;
    return this.#withName('model', () => this.#client.models.create(body));
  }

  /** A name against the rules is tried all the same, as the server decides; if it refuses, a better name is told. */
  async #withName<T>(kind: 'project' | 'model', create: () => Promise<T>): Promise<T> {
    try {
      return await create();
    } catch (error) {
      const name = this.#options[kind];
      const { problem, suggestion } = checkName(kind, name);
      if (!(error instanceof Rejected) || problem === null) throw error;
      const verdict = `${kind} ${quoted(name)}: ${problem}; the server says: ${error.reason ?? error.message}`;
      throw new PublishError('NAME_REFUSED', verdict, {
        hint: suggestion === null ? undefined : `This name would do: --${kind} ${suggestion}`,
        cause: error,
      });
    }
  }

  /** Those that the server shows; where it keeps them to itself, those that it was given when the model was made. */
  #centroids(project: Project, model: Model): CentroidsFile | null {
    const { spec, name, version } = model;
    const isNew = this.#sent !== null;
    const saved = isNew ? null : this.#savedOf(model);
    const found =
      serverCentroids(spec, EMBEDDING_FEATURE) ?? (isNew ? serverCentroids(this.#sent!, EMBEDDING_FEATURE) : saved);
    if (found === null) {
      this.#notice('The server shows no centroids of this model: the drift of the embedding cannot be compared.');
      return null;
    }
    const { weightsSha256, tap, classes } = saved ?? this.#events.schema;
    const { feature, column, centroids } = found;
    return { feature, column, centroids, project: project.name, model: name, version, weightsSha256, tap, classes };
  }

  async #saveCentroids(centroids: CentroidsFile): Promise<boolean> {
    const { centroidsOut } = this.#options;
    if (centroidsOut === undefined) return false;
    const isSame = this.#saved !== null && centroidsJson(this.#saved) === centroidsJson(centroids);
    if (!isSame) await writeCentroids(centroidsOut, centroids);
    return !isSame;
  }

  #notice(sentence: string): void {
    this.#notices.push(sentence);
  }
}

/** `v2` after `v1`; of another form, the name with `_2`. */
function nextVersion(version: string): string {
  const numbered = /^(.*?)(\d{1,9})$/.exec(version);
  return numbered ? `${numbered[1]}${Number(numbered[2]) + 1}` : `${version}_2`;
}
