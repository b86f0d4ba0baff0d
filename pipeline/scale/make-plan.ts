/** Makes the plan of a run: lists the images once, pins them, and cuts them into shards. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  DataError,
  EVENT_ID,
  IMAGE_URL,
  isImageArray,
  statisticColumn,
  statisticNames,
  TARGET,
  TIMESTAMP,
} from '../../data/index.js';
import type { Embedder, Precision } from '../../engine/index.js';
import { Ledger, MAX_SHARDS, PLAN, type Plan, planText, type RunPlace, runId, ScaleError } from '../../scale/index.js';
import { packageVersion, pixelSettingsSha256 } from '../../weights/index.js';
import { type EmbedImagesOptions, labelOptions, openSourceListing } from '../embed/index.js';
import { arrayPlanSource, listingSource, type PlanSource, removeListing } from './plan-source.js';
import { machineName, plannedSettings, probeOf, withRun } from './runs.js';

export interface PlanOptions extends EmbedImagesOptions {
  weights: string;
  precision: Precision;
  shards: number;
}

export interface PlanSummary {
  run: string;
  plan: string;
  images: number;
  bytes: number;
  shards: number;
  /** Whether each archive is in one shard. */
  wholeArchives: boolean;
}

/** @param out folder, or `s3://bucket/prefix` @throws `PLAN_EXISTS`, `RUN_PLACE`, `BAD_OPTION`, `PLAN_SOURCE` */
export async function makePlan(
  embedder: Embedder,
  inputs: readonly string[],
  out: string,
  given: PlanOptions,
): Promise<PlanSummary> {
  const options = labelOptions(embedder, given);
  checkOptions(embedder, options);
  return withRun(out, async (place) => {
    if ((await place.size(PLAN)) !== null) throw planExists(place);
    const source = await openSource(embedder, inputs, options);
    try {
      checkCount(options.shards, source);
      const about = await describe(embedder, inputs, source, options);
      const ledger = new Ledger();
      const pinned = await source.pin(place, ledger);
      const { shards, areWholeArchives: wholeArchives } = ledger.cut(options.shards);
      const { images, bytes } = ledger;
      const text = planText({ ...about, images, bytes, ...pinned, shards });
      await putPlan(place, text, pinned);
      return { run: runId(text), plan: place.pathOf(PLAN), images, bytes, shards: options.shards, wholeArchives };
    } finally {
      await source.close();
    }
  });
}

async function putPlan(place: RunPlace, text: string, { listing }: Pick<Plan, 'listing'>): Promise<void> {
  const isNew = await place.createText(PLAN, text).catch(async (error: unknown) => {
    await removeListing(place, listing?.files ?? []);
    throw error;
  });
  if (!isNew) throw planExists(place);
}

async function openSource(embedder: Embedder, inputs: readonly string[], options: PlanOptions): Promise<PlanSource> {
  if (await isImageArray(inputs)) return arrayPlanSource(embedder, inputs[0]!, options);
  if (options.imageUrl?.includes('{row}')) {
    throw new DataError('BAD_OPTION', `imageUrl ${options.imageUrl}: {row} is not known in a shard; {key} is`);
  }
  const listing = await openSourceListing(embedder, inputs, options, { namesOnDisk: true });
  for (const notice of listing.notices) options.onNotice?.(notice);
  try {
    return listingSource(listing, options);
  } catch (error) {
    await listing.close();
    throw error;
  }
}

function checkOptions({ taps }: Embedder, { shards }: PlanOptions): void {
  if (!Number.isSafeInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new DataError('BAD_OPTION', `shards ${shards}: a whole number from 1 to ${MAX_SHARDS} is needed`);
  }
  if (taps.length > 1) {
    throw new DataError('BAD_OPTION', `${taps.length} layers are asked for: the parts of a run are parquet, with one`);
  }
}

function checkCount(shards: number, { where, count }: PlanSource): void {
  if (shards <= count) return;
  const images = count === 1 ? '1 image' : `${count.toLocaleString('en')} images`;
  const wanted = `${shards.toLocaleString('en')} shards of ${images}`;
  throw new DataError('BAD_OPTION', `${where}: ${wanted}: a shard has at least one`);
}

function planExists(place: RunPlace): ScaleError {
  const hint = 'Name another --out, or delete the folder if its parts are not needed.';
  return new ScaleError('PLAN_EXISTS', `${place.pathOf(PLAN)}: there is a plan already, and a run has one`, { hint });
}

async function describe(embedder: Embedder, inputs: readonly string[], source: PlanSource, options: PlanOptions) {
  const { config, weightsSha256, taps, backend } = embedder;
  const isPath = (await stat(options.weights).catch(() => null)) !== null;
  const statistics = (options.statistics ?? true) ? statisticNames(config.preprocessing.range) : [];
  return {
    format: 1 as const,
    made_by: packageVersion,
    source: { inputs: [...inputs], directory: process.cwd(), ...source.about },
    dataset: options.dataset ?? source.dataset,
    weights: { path: isPath ? resolve(options.weights) : options.weights, sha256: weightsSha256 },
    pixels_sha256: pixelSettingsSha256(config.preprocessing, options),
    preprocessing: config.preprocessing,
    taps: taps.map(({ name }) => name),
    engine: { backend, precision: options.precision, probe: await probeOf(embedder), machine: machineName() },
    settings: plannedSettings(options),
    columns: [
      ...(source.about.labels === null ? [] : [TARGET]),
      IMAGE_URL,
      ...(source.hasTimestamps ? [TIMESTAMP] : []),
      EVENT_ID,
      ...statistics.map(statisticColumn),
      ...source.columns,
    ],
    order: source.order,
  };
}
