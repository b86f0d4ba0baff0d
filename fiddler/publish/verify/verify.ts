/**
 * Whether Fiddler charts the number that was computed here: the embedding's drift, by day or week. Ours is from the
 * published events, counted by the server's centroids; the server's from its histograms, single values and series.
 */

import { settle, shown } from '../../../base/index.js';
import { CentroidCounter, jensenShannonDistance, matrixOfRows } from '../../../drift/index.js';
import type { Baseline, FiddlerClient, Model } from '../../client/index.js';
import { type ServerCentroids, serverCentroids } from '../centroids/file.js';
import { type ServerNumbers, serverNumbers } from '../centroids/numbers.js';
import { EMBEDDING_FEATURE } from '../onboard/spec.js';
import { type VerifyOptions, verifyFields } from '../options/index.js';
import { countEvents, publishedRows } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';
import { binName, countByBin, type VerifyBin } from './own.js';
import { SERVER_SOURCES, type ServerBin, ServerDrift, type ServerHistogram, type ServerSource } from './server.js';

export interface VerifiedBin {
  /** First day, `2026-11-24`, UTC. */
  name: string;
  start: number;
  /** Rows of ours. */
  rows: number;
  ours: ServerNumbers & { baseline: number[]; production: number[] };
  server: {
    /** Rows a bin; null where the server does not offer histograms. */
    histogram: ServerHistogram | null;
    /** What the server says, by the place it says it; for `histograms` from its counts. NaN: no value there. */
    numbers: Partial<Record<ServerSource, ServerNumbers>>;
  };
  /** The largest difference of any of the server's numbers from ours; infinite where the server has no value. */
  difference: number;
  agrees: boolean;
}

/**
 * The server's numbers beside those computed here, for each day or week.
 *
 * @example
 * ```ts
 * import type { Verification } from 'image-drift';
 *
 * function differing({ bins, tolerance }: Verification): string[] {
 *   return bins.filter(({ difference }) => difference > tolerance).map(({ name }) => name);
 * }
 * ```
 */
export interface Verification {
  /** The model whose numbers were compared. */
  model: { name: string; version: string };
  /** Name of the server's baseline. */
  baseline: string;
  /** The custom feature whose drift was compared. */
  feature: string;
  /** Length of a bin. */
  bin: VerifyBin;
  /** Largest difference that counts as agreement. */
  tolerance: number;
  /** Which ways of reading numbers back were asked for and are offered. */
  offered: Record<ServerSource, boolean>;
  /** Both numbers for each day or week. */
  bins: VerifiedBin[];
  /** Rows of ours without a timestamp. */
  untimed: number;
  /** Whether all bins agree. */
  agrees: boolean;
}

/**
 * Compares the drift that Fiddler shows with the drift computed here from the same events. It says whether the numbers
 * agree, not whether there is drift.
 *
 * @param client the server
 * @param options model, baseline, and the tables that were published
 * @returns both numbers for each day or week, and whether they agree within `tolerance`
 * @throws PublishError `MODEL_NO_CENTROIDS`, `BASELINE_MISSING`, `VERIFY_NO_TIMES`, `VERIFY_TOO_MANY_BINS`;
 *   `METRICS_NOT_OFFERED` (exit code 5) if the server answers none of the three calls
 * @throws DataError, DriftError, FileError, FiddlerError
 *
 * @example
 * ```ts no_run
 * import { FiddlerClient, onboard, verify } from 'image-drift';
 *
 * const client = FiddlerClient.fromEnvironment();
 * const { model } = await onboard(client, {
 *   events: 'reference.parquet',
 *   project: 'image_monitoring',
 *   model: 'resnet18',
 * });
 * const { agrees, bins } = await verify(client, {
 *   model,
 *   baseline: 'train_time_reference',
 *   baselineEvents: 'reference.parquet',
 *   published: ['week_1.parquet'],
 * });
 * console.log(agrees, bins.map(({ name, difference }) => `${name}: ${difference}`));
 * await client.close();
 * ```
 */
export async function verify(client: FiddlerClient, options: VerifyOptions): Promise<Verification> {
  const { model, bin, tolerance } = settle('verify', options, verifyFields);
  const centroids = requiredCentroids(model, options.feature);
  const baseline = await findBaseline(client, model, options.baseline);
  const matrix = matrixOfRows(centroids.centroids);
  const baselineCounts = await countEvents(options.baselineEvents, new CentroidCounter(matrix), options.columns);
  const rows = publishedRows(options.published, options.timestamps, options.columns);
  const { untimed, bins: ownBins } = await countByBin(rows, matrix, bin);
  if (ownBins.length === 0) throw noTimes(untimed);

  const server = new ServerDrift({ client, model, baseline, feature: centroids.feature, bin });
  const serverBins = await server.bins(ownBins, options.briefly ?? false);
  if (!SERVER_SOURCES.some((source) => server.offered[source])) throw notOffered(client.url);
  const bins = ownBins.map(({ start, counts }, i) => {
    const ours = { ...serverNumbers(baselineCounts, counts), baseline: baselineCounts, production: counts };
    return verifiedBin(start, ours, serverBins[i]!, tolerance);
  });
  return {
    model: { name: model.name, version: model.version },
    baseline: baseline.name,
    feature: centroids.feature,
    bin,
    tolerance,
    offered: { ...server.offered },
    bins,
    untimed,
    agrees: bins.every(({ agrees }) => agrees),
  };
}

/** @throws PublishError `MODEL_NO_CENTROIDS` */
export function requiredCentroids(model: Pick<Model, 'spec' | 'name' | 'version'>, feature?: string): ServerCentroids {
  const what = `model ${model.name} ${model.version}`;
  const hasOurs = model.spec.custom_features.some(({ name }) => name === EMBEDDING_FEATURE);
  const found = serverCentroids(model.spec, feature ?? (hasOurs ? EMBEDDING_FEATURE : undefined), what);
  if (found !== null) return found;
  const whose = feature === undefined ? '' : ` of the feature ${shown(feature)}`;
  const hint =
    'Fiddler finds them when a model is made from a sample with its custom features: image-drift onboard EVENTS --model-version NEW makes such a version. Where the server keeps them to itself, drift of the embedding cannot be computed here.';
  throw new PublishError('MODEL_NO_CENTROIDS', `${what}: the server shows no centroids${whose}`, { hint });
}

async function findBaseline(client: FiddlerClient, model: Model, name: string): Promise<Baseline> {
  const found = await client.baselines.byName(model.id, name);
  if (found !== null) return found;
  const names: string[] = [];
  for await (const baseline of client.baselines.listOf(model.id)) names.push(shown(baseline.name));
  throw new PublishError('BASELINE_MISSING', `model ${model.name} ${model.version}: no baseline ${shown(name)}`, {
    hint:
      names.length > 0
        ? `There is: ${names.join(', ')}.`
        : 'There is none: image-drift publish EVENTS --baseline NAME makes one, a while after its job has ended.',
  });
}

function verifiedBin(start: number, ours: VerifiedBin['ours'], server: ServerBin, tolerance: number): VerifiedBin {
  const { histogram, values, series } = server;
  const numbers: Partial<Record<ServerSource, ServerNumbers>> = {};
  if (histogram) numbers.histograms = numbersOf(histogram);
  if (values) numbers['analytics/metrics'] = values;
  if (series) numbers.queries = series;
  const difference = Math.max(0, ...Object.values(numbers).map((theirs) => differenceOf(ours, theirs)));
  const rows = ours.production.reduce((sum, count) => sum + count, 0);
  return {
    name: binName(start),
    start,
    rows,
    ours,
    server: { histogram, numbers },
    difference,
    agrees: difference <= tolerance,
  };
}

/** A histogram of shares instead of rows, where a server does not know better, gives a distance but no PSI. */
function numbersOf({ baseline, production }: ServerHistogram): ServerNumbers {
  const isEmpty = [baseline, production].some((side) => side.every((value) => value === 0));
  if (isEmpty || baseline.length !== production.length) return { jsd: Number.NaN, psi: Number.NaN };
  const areRows = [...baseline, ...production].every(Number.isInteger);
  if (areRows) return serverNumbers(baseline, production);
  return { jsd: jensenShannonDistance(baseline, production, { base: 'e' }), psi: Number.NaN };
}

/** A server without a distance has no number; one with a distance and without a PSI is held to the distance alone. */
function differenceOf(ours: ServerNumbers, theirs: ServerNumbers): number {
  if (Number.isNaN(theirs.jsd)) return Number.POSITIVE_INFINITY;
  const ofPsi = Number.isNaN(theirs.psi) ? 0 : Math.abs(ours.psi - theirs.psi);
  return Math.max(Math.abs(ours.jsd - theirs.jsd), ofPsi);
}

function noTimes(untimed: number): PublishError {
  return new PublishError('VERIFY_NO_TIMES', `none of ${untimed.toLocaleString('en')} events has a timestamp`, {
    hint: 'Verify the events as they were published: with the timestamps that they were given then.',
  });
}

function notOffered(url: string): PublishError {
  return new PublishError('METRICS_NOT_OFFERED', `${url}: offers none of ${SERVER_SOURCES.join(', ')}`, {
    hint: 'They are not in the public part of the API; ask Fiddler for them, or look at the chart: drift --centroids server gives the number to expect.',
    exitCode: 5,
  });
}
