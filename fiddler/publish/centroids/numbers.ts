/**
 * The numbers that Fiddler charts for an embedding, computed from counts by Fiddler's own centroids.
 * JSD: square root of the divergence, natural logarithm (scipy's `jensenshannon`, to which Fiddler's documentation
 * links). PSI: natural logarithm, one row more in every bin (Fiddler's documentation). No verdict: that is `drift/`.
 */
import type { ColumnChoice } from '../../../data/index.js';
import {
  CentroidCounter,
  jensenShannonDistance,
  matrixOfRows,
  populationStabilityIndex,
} from '../../../drift/index.js';
import { countEvents } from '../plan/timestamps.js';
import { PublishError } from '../publish-error.js';
import type { CentroidsFile } from './file.js';

export interface ServerNumbers {
  /** 0 to 0.8326. */
  jsd: number;
  psi: number;
}

/** @throws DriftError `HISTOGRAM_…` when a side is empty or the sides differ in length */
export function serverNumbers(baseline: readonly number[], window: readonly number[]): ServerNumbers {
  return {
    jsd: jensenShannonDistance(baseline, window, { base: 'e' }),
    psi: populationStabilityIndex(baseline, window),
  };
}

/** What a table of events says of the model that made them; null or empty where it does not. */
export interface EventsOrigin {
  dimensions: number;
  classes: readonly string[];
  weightsSha256: string | null;
  tap: string | null;
}

/** The same of centroids: their length, and of which events they were found in. */
export interface CentroidsOrigin extends Omit<EventsOrigin, 'dimensions'> {
  centroids: readonly (readonly number[])[];
}

/**
 * Refuses events that another network or layer made. What one side does not say is not compared.
 * @param what names the events, `whose` the other side @throws PublishError `EVENTS_OTHER_…`
 */
export function checkSameOrigin(events: EventsOrigin, known: CentroidsOrigin, what: string, whose: string): void {
  const length = known.centroids[0]?.length ?? 0;
  const other = (which: string, how: string) => otherModel(which, `${what}: ${how}`);
  if (events.dimensions !== length) {
    throw other('DIMENSIONS', `embeddings of ${events.dimensions} values, ${whose} has centroids of ${length}`);
  }
  if (differ(events.weightsSha256, known.weightsSha256)) {
    throw other('WEIGHTS', `weights sha256 ${events.weightsSha256}, ${whose} was made with ${known.weightsSha256}`);
  }
  if (differ(events.tap, known.tap)) {
    throw other('TAP', `embeddings of the layer ${events.tap}, ${whose} was made with ${known.tap}`);
  }
  const [found, needed] = [events.classes.join(', '), known.classes.join(', ')];
  if (found !== '' && needed !== '' && found !== needed) {
    throw other('CLASSES', `classes ${found}; ${whose} has ${needed}`);
  }
}

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

function otherModel(which: string, message: string): PublishError {
  const hint =
    'Distances between different networks or layers say nothing of drift. A new network is a new version: image-drift onboard --model-version v2.';
  return new PublishError(`EVENTS_OTHER_${which}`, message, { hint });
}

export interface CountedWindow {
  name: string;
  counts: readonly number[];
}

/** As `drift --json` prints it. */
export interface ExpectedNumbers {
  /** Where the centroids are from: a file, or `server`. */
  centroids: string;
  feature: string;
  clusters: number;
  /** Base of the logarithm in both numbers. */
  base: 'e';
  baseline_rows: number;
  windows: (ServerNumbers & { name: string; rows: number; histogram: { baseline: number[]; window: number[] } })[];
}

/**
 * @param source where the centroids are from @param baselineEvents the server's baseline, as it is or will be
 * @throws PublishError `EVENTS_OTHER_…`; DataError, DriftError, FileError
 */
export async function expectedNumbers(
  centroids: CentroidsFile,
  source: string,
  baselineEvents: string,
  windows: readonly CountedWindow[],
  columns: ColumnChoice = {},
): Promise<ExpectedNumbers> {
  const counter = new CentroidCounter(matrixOfRows(centroids.centroids), baselineEvents);
  const reading = { ...columns, knownClasses: centroids.classes };
  const baseline = await countEvents(baselineEvents, counter, reading, (schema) =>
    checkCentroidsFit(schema, centroids, baselineEvents, source),
  );
  return {
    centroids: source,
    feature: centroids.feature,
    clusters: centroids.centroids.length,
    base: 'e',
    baseline_rows: sumOf(baseline),
    windows: windows.map(({ name, counts }) => {
      const histogram = { baseline, window: [...counts] };
      return { name, rows: sumOf(counts), ...serverNumbers(baseline, counts), histogram };
    }),
  };
}

/** @throws PublishError `EVENTS_OTHER_…` for events of another model than the centroids' */
export function checkCentroidsFit(events: EventsOrigin, centroids: CentroidsFile, what: string, source: string): void {
  checkSameOrigin(events, centroids, what, `the model of the centroids (${source})`);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
