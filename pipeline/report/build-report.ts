/** Turns a measurement into the data of the HTML report: adds pictures, points in space and what was run. */

import { loadAssets } from '#platform';
import { anything, type OptionsOf } from '../../base/index.js';
import { loadImageKernels } from '../../data/index.js';
import {
  accuracyOf,
  DriftError,
  type ExemplarRow,
  METHODS,
  type Profile,
  type WindowReport,
} from '../../drift/index.js';
import { type DrillTable, type RankedWindow, type ReportData, rankedWindows } from '../../report/index.js';
import { type EventFile, lastName, placeOf } from '../measure/event-files.js';
import { type MeasuredWindow, type Measurement, measureWindows } from '../measure/measure-windows.js';
import { profileSha256 } from '../measure/profiles.js';
import { reportFields } from '../options/index.js';
import {
  type ChangedCluster,
  changedClusters,
  clusterNames,
  type Extremes,
  predictedClasses,
  shownCluster,
  statisticChanges,
} from './clusters.js';
import { placedPairs, type ReportExplanation, remadePages } from './remade.js';
import {
  PictureBook,
  readRowDetails,
  readStatistics,
  reportScene,
  type ShownSample,
  sampledPlaces,
  shownSample,
} from './rows.js';
import {
  makeThumbnails,
  noThumbnails,
  smallPictures,
  type ThumbnailOptions,
  type Thumbnails,
  type WantedRow,
} from './thumbnails.js';
import {
  causeOrder,
  type FoundRows,
  picturedRows,
  shownUnlike,
  UNLIKE_BYTES,
  UNLIKE_SIDE,
  UNLIKE_WINDOWS,
  unlikenessOf,
  unlikeRows,
} from './unlike.js';

const explanationField = {
  /** What `explainMeasurement` found, as `reportExplanation` puts it; default none. */
  explanation: anything<ReportExplanation | null>(),
};

export const allReportFields = { ...reportFields, ...explanationField };

/**
 * What a report shows besides the measurement.
 *
 * @example
 * ```ts
 * import type { ReportOptions } from 'image-drift';
 *
 * const options: ReportOptions = {
 *   baselineEvents: 'reference.parquet',
 *   umap: false,
 *   provenance: [{ label: 'Camera', value: 'line 3' }],
 * };
 * ```
 */
export interface ReportOptions extends OptionsOf<typeof reportFields>, OptionsOf<typeof explanationField> {}

/** Exemplars of each kind for each cluster, which `measureWindows` must keep for a report. */
export const REPORT_EXEMPLARS = 5;

/** What is noticed against one baseline says nothing of another. @throws DriftError `DRILL_OTHER_PROFILE` */
export function checkDrill(profile: Profile, drill: DrillTable | null | undefined, what = 'the drill'): void {
  const [was, is] = [drill?.profileSha256 ?? null, profileSha256(profile)];
  if (was === null || was === is) return;
  const message = `${what}: is of profile ${was.slice(0, 12)}, the profile of this baseline is ${is.slice(0, 12)} (sha256)`;
  throw new DriftError('DRILL_OTHER_PROFILE', message, {
    hint: 'Run image-drift drill with this profile, or leave the drill out.',
  });
}

export async function buildReport(
  profile: Profile,
  measurement: Measurement,
  options: ReportOptions = {},
): Promise<ReportData> {
  checkDrill(profile, options.drill);
  await Promise.all([loadImageKernels(), loadAssets('dist/drift/'), loadAssets('dist/report/')]);
  const { report, windows, files } = measurement;
  const baseline = await baselineTable(profile, options, files.length);
  const tables = [...files, ...(baseline ? [baseline.file] : [])];
  const clusters = windows.map((window, i) => {
    const place = ({ row }: ExemplarRow) => placeInTables(files, row);
    const extremes = { clusters: window.extremes ?? [], place };
    return changedClusters((report.windows[i] as WindowReport).clusters, extremes, baseline);
  });
  const samples = shownSamples(profile, windows, files, baseline);
  const points = samples.flatMap(sampledPlaces);
  const ofClusters = clusters.flat().flatMap(({ typical, unusual }) => [...typical, ...unusual]);
  const wanted = [...ofClusters.map(({ place }) => place), ...points];
  const explanation = options.explanation ?? { windows: [], skipped: [] };
  const remadeOf = new Map(explanation.windows.map(({ name, explained }) => [name, { ...explained, pairs: [] }]));
  const shown = windows.map((window, i) => ({
    ...reportWindow(profile, window, report.windows[i] as WindowReport),
    explained: remadeOf.get(window.name) ?? null,
  }));
  const baselineAccuracy = accuracyOf(profile.labels);
  const ranked = rankedWindows({ drift: report, windows: shown, baselineAccuracy });
  const found = await unlikeOfWorst(profile, measurement, ranked, baseline, options.columns);
  const unlike = picturedRows(found);
  const placed = placedPairs(explanation, options.images ?? true, (row) => placeInTables(files, row));
  const paired = [...placed.values()].flat().map(({ place }) => place);
  const shownName = (options.paths ?? true) ? (path: string) => path : lastName;
  const book = new PictureBook(wanted, await picturesOf(tables, wanted, options), shownName);
  const large = { side: UNLIKE_SIDE, maxBytes: UNLIKE_BYTES };
  const album = new PictureBook(unlike, await picturesOf(tables, unlike, options, large), shownName);
  const details = await readRowDetails(profile, tables, options.columns ?? {}, [...points, ...unlike, ...paired]);
  const asked = { side: UNLIKE_SIDE, ...sourcesOf(options) };
  // Without pairs where no image may be shown.
  const { pictures } = await smallPictures(tables, paired, asked);
  const remade = remadePages(placed, pictures, details);
  const { alpha, threshold, adjust, seed } = report.settings;
  const scene = { seed, umap: options.umap ?? true };
  const ours = provenanceOf(profile, measurement, shownName);
  return {
    made: new Date().toISOString(),
    ...{ alpha, threshold, adjust, drift: report },
    baselineAccuracy,
    clusterNames: clusterNames(profile),
    methods: shownMethods(report.settings.methods),
    windows: shown.map((window, i) => ({
      ...window,
      exemplars: (clusters[i] as ChangedCluster[]).map((cluster) => shownCluster(cluster, book)),
      explained: window.explained && {
        ...window.explained,
        pairs: remade.pairs.get((report.windows[i] as WindowReport).name) ?? [],
      },
      unlike: found[i] ? shownUnlike(found[i], { details, book: album, tables, shownName }) : null,
    })),
    projection: profile.reference ? reportScene(profile, profile.reference, samples, details, book, scene) : null,
    notExplained: explanation.skipped,
    drill: options.drill ?? null,
    provenance: [...ours, ...problemsOf(book, options), ...(options.provenance ?? [])],
    thumbnails: book.thumbnails.sheet,
    pictures: album.thumbnails.sheet,
    remade: remade.sheet,
  };
}

function sourcesOf({ fetchImages, cache, columns }: ReportOptions) {
  return { fetch: fetchImages, cache, tables: columns?.remote };
}

async function picturesOf(
  tables: readonly EventFile[],
  wanted: readonly WantedRow[],
  options: ReportOptions,
  size: Pick<ThumbnailOptions, 'side' | 'maxBytes'> = {},
): Promise<Thumbnails> {
  if (!(options.images ?? true)) return noThumbnails(wanted);
  return makeThumbnails(tables, wanted, { ...sourcesOf(options), ...size });
}

/** For each window; null where it did not drift, or enough others come before it. */
async function unlikeOfWorst(
  profile: Profile,
  { windows, files, report }: Measurement,
  ranked: readonly RankedWindow[],
  baseline: BaselineTable | null,
  columns: ReportOptions['columns'] = {},
): Promise<(FoundRows | null)[]> {
  const drifted = ranked.filter(({ window }) => window.verdict === 'drift').slice(0, UNLIKE_WINDOWS);
  const unlikeness = drifted.length === 0 ? null : unlikenessOf(profile);
  const worst = new Set(drifted.map(({ index }) => index));
  const place = (row: number) => placeInTables(files, row);
  const orders = windows.map(({ summary }, i) =>
    worst.has(i) ? causeOrder(profile, summary, report.windows[i] as WindowReport) : null,
  );
  const wanted = windows.flatMap(({ summary }, i) => {
    const { statistic } = orders[i] ?? {};
    const rows = statistic === undefined ? [] : [...(summary.reference?.sample.rowNumbers ?? [])];
    return rows.map((row) => ({ ...place(row), statistic: statistic! }));
  });
  const values = await readStatistics(files, columns, wanted);
  return windows.map(({ summary }, index) => {
    const sample = summary.reference?.sample;
    if (!sample || unlikeness === null || !worst.has(index)) return null;
    const ofBaseline = (row: number) => (baseline ? { table: baseline.table, row } : null);
    return unlikeRows(unlikeness, sample, { window: place, baseline: ofBaseline }, orders[index]!, values);
  });
}

/** The baseline's own table, the last one of the report. */
interface BaselineTable extends Extremes {
  file: EventFile;
  table: number;
}

async function baselineTable(profile: Profile, { baselineEvents, columns }: ReportOptions, table: number) {
  if (baselineEvents === undefined) return null;
  const { files, windows } = await measureWindows(profile, [baselineEvents], { exemplars: REPORT_EXEMPLARS, columns });
  const [file, window] = [files[0] as EventFile, windows[0] as MeasuredWindow];
  return { file, table, clusters: window.extremes ?? [], place: ({ row }: ExemplarRow) => ({ table, row }) };
}

function placeInTables(files: readonly EventFile[], rowNumber: number): WantedRow {
  const { file, row } = placeOf(files, rowNumber);
  return { table: file, row };
}

function shownSamples(
  { reference }: Profile,
  windows: readonly MeasuredWindow[],
  files: readonly EventFile[],
  baseline: BaselineTable | null,
): ShownSample[] {
  if (reference === null) return [];
  const sets = windows.length + 1;
  const ofBaseline = (row: number) => (baseline ? { table: baseline.table, row } : null);
  return [
    shownSample('baseline', reference.sample, sets, ofBaseline),
    ...windows.flatMap(({ name, summary }) => {
      const sample = summary.reference?.sample;
      return sample ? [shownSample(name, sample, sets, (row) => placeInTables(files, row))] : [];
    }),
  ];
}

function shownMethods(names: readonly string[]): ReportData['methods'] {
  return METHODS.filter(({ name }) => names.includes(name)).map(({ name, title, explanation }) => {
    return { name, title, unit: '', explanation };
  });
}

function reportWindow(profile: Profile, { summary }: MeasuredWindow, report: WindowReport) {
  const { predicted, estimated_accuracy: estimated } = report;
  return {
    effectiveRows: report.effective_rows,
    effectiveBy: report.effective_by,
    rowsNeeded: report.rows_needed,
    labelled: summary.labelled,
    estimatedAccuracy: estimated,
    clusters: report.clusters,
    predicted: predicted && predictedClasses(profile.classes, predicted, report),
    statistics: statisticChanges(profile, summary),
  };
}

/** Why images are missing names their files. */
function problemsOf({ thumbnails }: PictureBook, { paths = true }: ReportOptions): { label: string; value: string }[] {
  const told = paths || thumbnails.problems.length === 0 ? thumbnails.problems : ['some were not found'];
  return told.map((value) => ({ label: 'Images not shown', value }));
}

function provenanceOf(profile: Profile, { report, files }: Measurement, shownName: (path: string) => string) {
  const { methods, alpha, draws, seed } = report.settings;
  return [
    { label: 'Weights (sha256)', value: profile.weightsSha256 ?? 'not known' },
    ...(profile.weightsNote === undefined ? [] : [{ label: 'Weights', value: profile.weightsNote }]),
    { label: 'Layer', value: profile.tap ?? 'not known' },
    { label: 'Baseline', value: `${profile.rows.toLocaleString('en')} rows, ${profile.centroids.rows} clusters` },
    { label: 'Events', value: files.map(({ path }) => shownName(path)).join(', ') },
    { label: 'Methods', value: methods.join(', ') },
    { label: 'Level', value: `alpha ${alpha}, ${draws.toLocaleString('en')} resamples, seed ${seed}` },
  ];
}
