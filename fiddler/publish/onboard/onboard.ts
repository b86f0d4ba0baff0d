/** Onboarding: a project, and in it a model of the events' columns. A second run changes nothing. */

import { checkedOptions, quoted, shown } from '../../../base/index.js';
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
import {
  type CentroidsFile,
  centroidsJson,
  readCentroidsIfThere,
  serverCentroids,
  writeCentroids,
} from '../centroids/file.js';
import { checkSameOrigin } from '../centroids/numbers.js';
import { type OnboardOptions, onboardFields } from '../options/index.js';
import { PublishError } from '../publish-error.js';
import { createAlerts, readAlerts } from './alerts.js';
import { differenceLines, type ModelDifference, modelDifferences } from './differences.js';
import { newModel } from './new-model.js';
import { EMBEDDING_FEATURE, wantedMetadata } from './spec.js';

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
  options = checkedOptions('onboard', options, onboardFields);
  const events = await openEvents(options.events, options.columns);
  try {
    const metadata = wantedMetadata(options.events, events.schema, options.metadata ?? []);
    const saved = options.centroidsOut === undefined ? null : await readCentroidsIfThere(options.centroidsOut);
    // Before anything is sent: a file that cannot be used leaves no model behind.
    const { alerts: source } = options;
    const alerts = source === undefined ? null : await readAlerts(source, events.schema.weightsSha256);
    return await onboarded({ client, options, events, metadata, saved, alerts, notices: [] });
  } finally {
    await events.close();
  }
}

interface Onboarding {
  client: FiddlerClient;
  options: OnboardOptions;
  events: EventSource;
  metadata: readonly CarriedColumn[];
  /** What is in the file of centroids already. */
  saved: CentroidsFile | null;
  alerts: Awaited<ReturnType<typeof readAlerts>> | null;
  notices: string[];
}

async function onboarded(context: Onboarding): Promise<Onboarded> {
  const { client, options, events, metadata, alerts, notices } = context;
  await client.serverInfo();
  const found = await withName(options, 'project', () => client.projects.getOrCreate(options.project));
  const { project } = found;
  const before = found.created ? null : await modelBefore(context, project.id);
  const table = { ...events.schema, metadata };
  const differences = before === null ? [] : modelDifferences(before.model, table, options.clusters ?? null);
  if (before !== null && differences.length > 0 && !before.isOther) throw differs(options, before.model, differences);
  const kept = before !== null && !before.isOther ? before.model : null;
  if (kept !== null) checkOrigin(context, kept);

  const made = kept === null ? await createModel(context, project.id) : null;
  const model = kept ?? made!.model;
  const created = { project: found.created, model: made !== null };
  noticeWhatIsUnusual(context, created);
  const leftOut = columnsLeftOut(context, model);
  const alertRules = alerts === null ? [] : await createAlerts(client, model, alerts);
  const centroids = centroidsFor(context, project, model, made?.sent ?? null);
  const centroidsWritten = centroids !== null && (await saveCentroids(context, centroids));
  const names = metadata.map(({ name }) => name);
  const result = { project, model, created, differences, metadata: names, leftOut };
  return { ...result, centroids, centroidsWritten, alertRules, notices };
}

/** Carried columns that the model has not: Fiddler would drop them in silence. */
function columnsLeftOut({ events, notices }: Onboarding, model: Model): string[] {
  const known = new Set(model.schema.columns.map(({ name }) => name));
  const leftOut = (events.schema.carried ?? []).map(({ name }) => name).filter((name) => !known.has(name));
  const [first] = leftOut;
  if (first === undefined) return leftOut;
  const names = `${leftOut.slice(0, 20).map(shown).join(', ')}${leftOut.length > 20 ? ', …' : ''}`;
  notices.push(`Left out, and not sent to Fiddler: ${names}. --metadata ${shown(first)} takes a column along.`);
  return leftOut;
}

function noticeWhatIsUnusual({ options, events, notices }: Onboarding, created: Onboarded['created']): void {
  for (const kind of ['project', 'model'] as const) {
    const { problem } = checkName(kind, options[kind]);
    if (!created[kind] || problem === null) continue;
    notices.push(`The ${kind} ${quoted(options[kind])} ${problem}; this server takes it.`);
  }
  if (created.model && events.schema.thresholds !== undefined) notices.push(SEVERAL_LABELS);
  if (events.schema.hasEventIds) return;
  notices.push(`${options.events} has no event ids: an event that is published twice cannot be told.`);
}

const SEVERAL_LABELS =
  'Several labels may hold at once, for which Fiddler has no task: it charts each score and its drift, and no accuracy. Thresholds are not sent.';

/** The version asked for; where that is not there, or none is asked for, the latest. Null without any. */
async function modelBefore({ client, options: { model: name, version } }: Onboarding, projectId: string) {
  if (version !== undefined) {
    const model = await client.models.byName(projectId, name, { version });
    if (model !== null) return { model, isOther: false };
  }
  const latest = await client.models.byName(projectId, name, { latest: true });
  return latest && { model: latest, isOther: version !== undefined };
}

function differs(
  { events, model }: OnboardOptions,
  { version }: Model,
  differences: readonly ModelDifference[],
): PublishError {
  const fit = `does not fit the model ${model} ${version} on the server in ${differences.length} points`;
  const hint = `For a new version of the model beside the old one: --model-version ${nextVersion(version)}`;
  return new PublishError('MODEL_DIFFERS', [`${events}: ${fit}`, ...differenceLines(differences)].join('\n'), { hint });
}

/** The weights are not on the server; what was saved when the model was made tells of them. */
function checkOrigin({ options, events, saved }: Onboarding, model: Model): void {
  const { centroidsOut, events: path } = options;
  const known = savedOf(saved, options.project, model);
  if (known) checkSameOrigin(events.schema, known, path, `${centroidsOut} of ${model.name} ${model.version}`);
}

/** What is in the file, if it is of this model. */
function savedOf(saved: CentroidsFile | null, project: string, { name, version }: Model): CentroidsFile | null {
  return saved?.project === project && saved.model === name && saved.version === version ? saved : null;
}

/** With what was sent for it, which has its centroids. */
async function createModel({ client, options, events, metadata, notices }: Onboarding, projectId: string) {
  const { body, ownCentroids } = await newModel(client, events, { ...options, metadata, projectId });
  if (ownCentroids && !options.local) {
    notices.push("The server's model-factory gave no centroids: they were found here, by k-means.");
  }
  return { model: await withName(options, 'model', () => client.models.create(body)), sent: body.spec };
}

/** A name against the rules is tried all the same, as the server decides; if it refuses, a better name is told. */
async function withName<T>(options: OnboardOptions, kind: 'project' | 'model', create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    const name = options[kind];
    const { problem, suggestion } = checkName(kind, name);
    if (!(error instanceof Rejected) || problem === null) throw error;
    const verdict = `${kind} ${quoted(name)}: ${problem}; the server says: ${error.reason ?? error.message}`;
    const hint = suggestion === null ? undefined : `This name would do: --${kind} ${suggestion}`;
    throw new PublishError('NAME_REFUSED', verdict, { hint, cause: error });
  }
}

/** The server's; where it shows none, those it was given. @param sent null for a model that was there before */
function centroidsFor(
  context: Onboarding,
  project: Project,
  model: Model,
  sent: ModelSpec | null,
): CentroidsFile | null {
  const saved = sent === null ? savedOf(context.saved, project.name, model) : null;
  const given = sent === null ? saved : serverCentroids(sent, EMBEDDING_FEATURE);
  const found = serverCentroids(model.spec, EMBEDDING_FEATURE) ?? given;
  if (found === null) {
    context.notices.push('The server shows no centroids of this model: the drift of the embedding cannot be compared.');
    return null;
  }
  const { weightsSha256, tap, classes } = saved ?? context.events.schema;
  const { feature, column, centroids } = found;
  const of = { project: project.name, model: model.name, version: model.version };
  return { feature, column, centroids, ...of, weightsSha256, tap, classes };
}

async function saveCentroids({ options, saved }: Onboarding, centroids: CentroidsFile): Promise<boolean> {
  if (options.centroidsOut === undefined) return false;
  const isSame = saved !== null && centroidsJson(saved) === centroidsJson(centroids);
  if (!isSame) await writeCentroids(options.centroidsOut, centroids);
  return !isSame;
}

/** `v2` after `v1`; of another form, the name with `_2`. */
function nextVersion(version: string): string {
  const numbered = /^(.*?)(\d{1,9})$/.exec(version);
  return numbered ? `${numbered[1]}${Number(numbered[2]) + 1}` : `${version}_2`;
}
