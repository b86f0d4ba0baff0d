/** Makes the plan of a run: lists the images once, pins them in files beside the plan, and cuts them into shards. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  DataError,
  EVENT_ID,
  IMAGE_STATISTICS,
  IMAGE_URL,
  type ImageEntry,
  type ImageListing,
  isImageArray,
  ParquetTableWriter,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from '../../data/index.js';
import type { Embedder, Precision } from '../../engine/index.js';
import { orderedMap } from '../../engine/running/index.js';
import { shown } from '../../errors/index.js';
import { RandomAccessFile } from '../../files/index.js';
import {
  Ledger,
  LISTING_COLUMNS,
  MAX_SHARDS,
  PLAN,
  type Plan,
  type PlannedImage,
  planText,
  type RunPlace,
  runId,
  ScaleError,
  sumOf,
  toRow,
} from '../../scale/index.js';
import { packageVersion, pixelSettingsSha256 } from '../../weights/index.js';
import { type EmbedImagesOptions, imageFacts, openSourceListing } from '../embed/index.js';
import { LISTING_ROWS } from './pinned-listing.js';
import { machineName, probeOf } from './probe.js';
import { withRun } from './runs.js';
import { plannedSettings } from './settings.js';

/** Files whose size and time are asked for at once. */
const PINNED_AT_ONCE = 32;

export interface PlanOptions extends EmbedImagesOptions {
  /** The weights as they were given: tasks load them by this. */
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

/**
 * @param out folder of the run, or `s3://bucket/prefix`
 * @throws ScaleError `PLAN_EXISTS`, `RUN_PLACE`; DataError `BAD_OPTION`, `PLAN_SOURCE`; as `openListing`
 */
export async function makePlan(
  embedder: Embedder,
  inputs: readonly string[],
  out: string,
  options: PlanOptions,
): Promise<PlanSummary> {
  checkOptions(embedder, options);
  return withRun(out, (place) => planIn(place, embedder, inputs, options));
}

async function planIn(
  place: RunPlace,
  embedder: Embedder,
  inputs: readonly string[],
  options: PlanOptions,
): Promise<PlanSummary> {
  if ((await place.size(PLAN)) !== null) throw planExists(place);
  if (await isImageArray(inputs)) {
    throw new DataError('PLAN_SOURCE', `${inputs[0]}: is an array of images; a run is planned of image files`, {
      hint: 'Save the images as files, or as tars of files.',
    });
  }
  const listing = await openSourceListing(embedder, inputs, options);
  try {
    const { columns, hasTimestamps } = imageFacts(listing, options);
    const facts = { columns: columns.map(({ name }) => name), hasTimestamps };
    const probe = await probeOf(embedder);
    const ledger = new Ledger();
    const files = await writeListing(place, listing, ledger);
    checkCount(options.shards, ledger.units, listing);
    const cut = ledger.cut(options.shards);
    const about = await describe(embedder, inputs, listing, facts, probe, options);
    const { images, bytes } = ledger;
    const text = planText({ ...about, images, bytes, listing: { rows: LISTING_ROWS, files }, shards: cut.shards });
    if (!(await place.createText(PLAN, text))) throw planExists(place);
    const { areWholeArchives: wholeArchives } = cut;
    return { run: runId(text), plan: place.pathOf(PLAN), images, bytes, shards: options.shards, wholeArchives };
  } finally {
    await listing.close();
  }
}

function checkOptions({ taps }: Embedder, { shards, imageUrl }: PlanOptions): void {
  if (!Number.isSafeInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
    throw new DataError('BAD_OPTION', `shards ${shards}: a whole number from 1 to ${MAX_SHARDS} is needed`);
  }
  if (imageUrl?.includes('{row}')) {
    throw new DataError('BAD_OPTION', `imageUrl ${imageUrl}: {row} is not known in a shard; {key} is`);
  }
  if (taps.length > 1) {
    throw new DataError('BAD_OPTION', `${taps.length} layers are asked for: the parts of a run are parquet, with one`);
  }
}

function checkCount(shards: number, most: number, { where }: ImageListing): void {
  if (shards <= most) return;
  throw new DataError('BAD_OPTION', `${where}: ${shards} shards of ${most} images: a shard has at least one`);
}

function planExists(place: RunPlace): ScaleError {
  return new ScaleError('PLAN_EXISTS', `${place.pathOf(PLAN)}: there is a plan already, and a run has one`, {
    hint: 'Name another --out, or delete the folder if its parts are not needed.',
  });
}

/** Writes the files of the listing, and counts the images. */
async function writeListing(place: RunPlace, listing: ImageListing, ledger: Ledger): Promise<Plan['listing']['files']> {
  const files: Plan['listing']['files'] = [];
  const attempt = await place.begin('plan');
  let writer: ParquetTableWriter | null = null;
  const path = join(attempt.folder, 'listing.parquet');
  const finish = async () => {
    if (writer === null) return;
    await writer.commit();
    writer = null;
    const { sha256 } = await sumOf(await RandomAccessFile.open(path));
    const name = `listing/${String(files.length).padStart(5, '0')}-${sha256.slice(0, 12)}.parquet`;
    await place.create(name, path);
    files.push({ name, sha256 });
  };
  try {
    for await (const image of orderedMap(listing.entries(), PINNED_AT_ONCE, (entry) => plannedImage(entry, listing))) {
      writer ??= await ParquetTableWriter.create(path, LISTING_COLUMNS);
      await writer.write(toRow(image));
      if ('file' in image.pin) ledger.add(image.pin.bytes, image.pin.member === null ? null : image.pin.file);
      else ledger.add(0, undefined);
      if (writer.rows === LISTING_ROWS) await finish();
    }
    await finish();
    return files;
  } finally {
    await (writer as ParquetTableWriter | null)?.discard();
    await attempt.end();
  }
}

async function plannedImage(entry: ImageEntry, { where }: ImageListing): Promise<PlannedImage> {
  const { key, label, values } = entry;
  const pin = await entry.pin();
  if (pin !== null) return { key, pin, label, values };
  throw new DataError('PLAN_SOURCE', `${where} ${shown(key)}: no other machine would find this image`, {
    hint: 'A run is planned of files, archives, tables of paths or URLs and prefixes; not of parquet with images in it, stdin or URLs with a signature.',
  });
}

async function describe(
  embedder: Embedder,
  inputs: readonly string[],
  listing: ImageListing,
  facts: { columns: readonly string[]; hasTimestamps: boolean },
  probe: string,
  options: PlanOptions,
): Promise<Omit<Plan, 'images' | 'bytes' | 'listing' | 'shards'>> {
  const { config, weightsSha256, taps, backend } = embedder;
  const isPath = (await stat(options.weights).catch(() => null)) !== null;
  const statistics = (options.statistics ?? true) ? IMAGE_STATISTICS : [];
  return {
    format: 1,
    made_by: packageVersion,
    source: {
      inputs: [...inputs],
      directory: process.cwd(),
      where: listing.where,
      labels: listing.labels,
      columns: [...listing.columns],
      origin: copyOf(listing.origin),
    },
    dataset: options.dataset ?? listing.name,
    weights: { path: isPath ? resolve(options.weights) : options.weights, sha256: weightsSha256 },
    pixels_sha256: pixelSettingsSha256(config.preprocessing, options),
    preprocessing: config.preprocessing,
    taps: taps.map(({ name }) => name),
    engine: { backend, precision: options.precision, probe, machine: machineName() },
    settings: plannedSettings(options),
    columns: [
      ...(listing.labels === null ? [] : [TARGET]),
      IMAGE_URL,
      ...(facts.hasTimestamps ? [TIMESTAMP] : []),
      EVENT_ID,
      ...statistics.map(statisticColumn),
      ...facts.columns,
    ],
    order: 'keys as bytes',
  };
}

function copyOf(origin: ImageListing['origin']): Plan['source']['origin'] {
  return origin !== null && 'inputs' in origin ? { inputs: [...origin.inputs] } : origin;
}
