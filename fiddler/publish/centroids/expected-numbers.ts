/** The numbers to expect on Fiddler's chart, before anything is uploaded: windows counted by the server's centroids. */
import { type ColumnChoice, openEvents } from '../../../data/index.js';
import { CentroidCounter, matrixOfRows } from '../../../drift/index.js';
import { rowsOf } from '../plan/published.js';
import type { CentroidsFile } from './file.js';
import { checkSameOrigin, type EventsOrigin, type ServerNumbers, serverNumbers } from './server-numbers.js';

export interface CountedWindow {
  name: string;
  /** Rows nearest to each of the server's centroids. */
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
 * @param source where the centroids are from
 * @param baselineEvents the table that is, or will be, the server's baseline
 * @param columns which of its columns are what, where it does not say
 * @throws PublishError `EVENTS_OTHER_…`; DataError, DriftError, FileError
 */
export async function expectedNumbers(
  centroids: CentroidsFile,
  source: string,
  baselineEvents: string,
  windows: readonly CountedWindow[],
  columns: ColumnChoice = {},
): Promise<ExpectedNumbers> {
  const baseline = await countBaseline(centroids, source, baselineEvents, columns);
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

async function countBaseline(
  centroids: CentroidsFile,
  source: string,
  path: string,
  columns: ColumnChoice,
): Promise<number[]> {
  const counter = new CentroidCounter(matrixOfRows(centroids.centroids), path);
  const events = await openEvents(path, { ...columns, knownClasses: centroids.classes });
  try {
    checkCentroidsFit(events.schema, centroids, path, source);
    for await (const { embeddings } of rowsOf(events)) counter.add(embeddings);
  } finally {
    await events.close();
  }
  return counter.counts;
}

/** @throws PublishError `EVENTS_OTHER_…` for events of another model than the centroids' */
export function checkCentroidsFit(events: EventsOrigin, centroids: CentroidsFile, what: string, source: string): void {
  checkSameOrigin(events, centroids, what, `the model of the centroids (${source})`);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
