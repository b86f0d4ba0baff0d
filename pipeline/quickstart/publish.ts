/** The quickstart with a server: publishes model, baseline and three weeks of events, and reads metrics back. */

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FiddlerClient, Model } from '../../fiddler/client/index.js';
import {
  type Onboarded,
  onboard,
  type Problem,
  PublishError,
  type Published,
  type PublishPreview,
  type PublishProgress,
  planPublish,
  publishEvents,
  type Verification,
  type VerifyOptions,
  verify,
} from '../../fiddler/publish/index.js';
import { fileError } from '../../files/index.js';
import type { ComparedSets } from '../compare/compare-sets.js';
import { QuickstartError } from './quickstart-error.js';
import type { QuickstartState, QuickstartTarget } from './state.js';
import { checkEnoughRows, type QuickstartWeek, quickstartTimestamps, quickstartWeeks } from './weeks.js';

/** The name of the baseline in the notebook. */
export const QUICKSTART_BASELINE = 'train_time_reference';

export interface QuickstartPublishOptions {
  project: string;
  model: string;
  /** Number of clusters. If left out: 5, or as many as an existing model has. */
  clusters?: number | undefined;
  seed: number;
  /** If false, neither jobs nor the server's metrics are waited for. */
  wait: boolean;
  onOnboarded?: ((onboarded: Onboarded) => void) | undefined;
  onProgress?: ((what: 'baseline' | 'production', progress: PublishProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface QuickstartPublished {
  onboarded: Onboarded;
  baseline: Published;
  production: Published;
  /** Comparison with the server's metrics; null if they were not waited for, or the server does not offer them. */
  verification: Verification | null;
  notVerified: string | null;
  weeks: QuickstartWeek[];
  url: string;
  /** True if this run sent or made anything on the server. */
  changed: boolean;
}

/** @param folder keeps the journals by server and model @throws QuickstartError `QUICKSTART_ALREADY_THERE` */
export async function publishQuickstart(
  client: FiddlerClient,
  { embedded }: Pick<ComparedSets, 'embedded'>,
  folder: string,
  state: QuickstartState,
  options: QuickstartPublishOptions,
): Promise<QuickstartPublished> {
  const { project, model: name, clusters, seed, wait, signal, onProgress } = options;
  const target: QuickstartTarget = { url: client.url, project, model: name };
  const timestamps = quickstartTimestamps(state.now, seed);
  checkEnoughRows(embedded.slice(1), timestamps);
  const journals = await journalFolder(folder, target);
  const [reference, ...tranches] = embedded.map(({ out }) => out) as [string, ...string[]];
  const centroidsOut = join(journals, 'centroids.json');
  const onboarded = await onboard(client, { events: reference, project, model: name, clusters, seed, centroidsOut });
  const { model } = onboarded;
  if (!onboarded.created.model) await refuseForeign(client, model, target, state);
  await state.begin(target);
  options.onOnboarded?.(onboarded);

  const shared = { model, wait, signal };
  const baseline = await publishEvents(client, {
    ...shared,
    files: [reference],
    environment: { type: 'PRE_PRODUCTION', name: QUICKSTART_BASELINE },
    journal: join(journals, 'baseline.jsonl'),
    onProgress: (progress) => onProgress?.('baseline', progress),
  });
  const production = await publishEvents(client, {
    ...shared,
    files: tranches,
    environment: { type: 'PRODUCTION' },
    timestamps,
    journal: join(journals, 'production.jsonl'),
    onProgress: (progress) => onProgress?.('production', progress),
  });
  signal?.throwIfAborted();
  const published = { baselineEvents: reference, published: tranches, timestamps };
  const verified = wait
    ? await verifiedWhereOffered(client, { ...published, model, baseline: QUICKSTART_BASELINE, briefly: true })
    : { verification: null, notVerified: 'Neither jobs nor numbers of the server were waited for.' };
  const { created } = onboarded;
  const changed = created.project || created.model || baseline.sent > 0 || production.sent > 0;
  const weeks = quickstartWeeks(timestamps, verified.verification);
  return { onboarded, baseline, production, ...verified, weeks, url: client.url, changed };
}

/** Verifies where the server offers it and shows its centroids; all is published anyway. */
async function verifiedWhereOffered(client: FiddlerClient, options: VerifyOptions) {
  try {
    return { verification: await verify(client, options), notVerified: null };
  } catch (error) {
    if (!(error instanceof PublishError) || !NOT_TOLD.includes(error.code)) throw error;
    return { verification: null, notVerified: error.message };
  }
}

const NOT_TOLD = ['METRICS_NOT_OFFERED', 'MODEL_NO_CENTROIDS'];

/** Refuses a model of that name whose baseline this folder does not know: 18,000 more events would mix with others. */
async function refuseForeign(client: FiddlerClient, model: Model, target: QuickstartTarget, state: QuickstartState) {
  if (state.hasBegun(target)) return;
  if ((await client.environments.byName(model.id, QUICKSTART_BASELINE)) === null) return;
  const where = `${target.url}: ${target.project}/${target.model}`;
  const message = `${where} has ${QUICKSTART_BASELINE} already, and this folder did not publish it`;
  const hint = `Go on with the folder that did (--out), or publish to another model: --model ${target.model}_2. Nothing was sent.`;
  throw new QuickstartError('QUICKSTART_ALREADY_THERE', message, { hint });
}

/** A readable folder name that differs between servers, projects and models. */
async function journalFolder(folder: string, { url, project, model }: QuickstartTarget): Promise<string> {
  const target = JSON.stringify([url, project, model]);
  const hash = createHash('sha256').update(target).digest('hex').slice(0, 8);
  const host = new URL(url).hostname.replace(/[^A-Za-z0-9.-]/g, '_');
  const path = join(folder, 'published', `${host}-${hash}`);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileError(path, error);
  });
  return path;
}

export interface QuickstartUpload {
  environment: string;
  file: string;
  /** Time of all events in it, ms since 1970; null for the baseline. */
  at: number | null;
  events: number;
  bytes: number;
}

export interface QuickstartPlan {
  project: string;
  model: string;
  uploads: QuickstartUpload[];
  firstRows: PublishPreview['firstRows'];
  problems: Problem[];
}

export async function planQuickstart(
  { embedded }: Pick<ComparedSets, 'embedded'>,
  state: QuickstartState,
  { project, model, seed }: Pick<QuickstartPublishOptions, 'project' | 'model' | 'seed'>,
): Promise<QuickstartPlan> {
  const [reference, ...weeks] = embedded.map(({ out }) => out) as [string, ...string[]];
  const timestamps = quickstartTimestamps(state.now, seed);
  checkEnoughRows(embedded.slice(1), timestamps);
  const environment = { type: 'PRE_PRODUCTION', name: QUICKSTART_BASELINE } as const;
  const baseline = await planPublish({ files: [reference], model: null, environment });
  const production = await planPublish({ files: weeks, model: null, environment: { type: 'PRODUCTION' }, timestamps });
  return {
    project,
    model,
    uploads: [...uploadsOf(baseline, QUICKSTART_BASELINE), ...uploadsOf(production, 'production')],
    firstRows: production.firstRows,
    problems: [...baseline.problems, ...production.problems],
  };
}

function uploadsOf({ chunks }: PublishPreview, environment: string): QuickstartUpload[] {
  return chunks.map(({ chunk, file, requests }) => {
    const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
    return { environment, file, at: chunk.times?.from ?? null, events: chunk.rows, bytes };
  });
}
