/** Measures event tables against a profile in one pass: a summary and example rows of every window. */

import { basename, extname, loadAssets } from '#platform';
import { checkedOptions, firstTwice } from '../../base/index.js';
import {
  askedMethods,
  CentroidCounter,
  type ClusterExtremes,
  DEFAULT_METHODS,
  type DriftBatch,
  DriftError,
  type DriftReport,
  driftReport,
  ExemplarKeeper,
  matrixOfRows,
  methodsByName,
  type NamedWindow,
  type Profile,
  type RankedRow,
  RankedRows,
  TimeWindows,
  takeRows,
  WindowCounter,
  type WindowSummary,
  windowCauses,
} from '../../drift/index.js';
import { type MeasureOptions, measureFields } from '../options/index.js';
import { type EventFile, type NumberedBatch, numberedBatches, placeOf } from './event-files.js';
import { checkSegments } from './row-groups.js';

export interface MeasuredWindow {
  name: string;
  summary: WindowSummary;
  /** `[clusters]`; null if none were asked for. Row numbers count over all files. */
  extremes: ClusterExtremes[] | null;
  /** Rows nearest to each of the other centroids; null if none were given. */
  otherCounts: number[] | null;
}

/**
 * What `measureWindows` found: `report` for people and programs, the rest for `writeReport`.
 *
 * @example
 * ```ts
 * import { type Measurement, measureWindows, readProfile } from 'image-drift';
 *
 * const measurement: Measurement = await measureWindows(await readProfile('profile.json'), ['week_1.parquet']);
 * console.log(measurement.windows[0]?.summary.rows, measurement.report.settings.alpha);
 * ```
 */
export interface Measurement {
  /** Numbers and verdicts. */
  report: DriftReport;
  /** Counts and exemplars of each window. */
  windows: MeasuredWindow[];
  /** The tables that were read. */
  files: EventFile[];
  /** Rows left out because they have no timestamp, with windows by time. */
  withoutTime: number;
  /** The rows of all windows that are most unlike the baseline, most unlike first; null if none were asked for. */
  ranked: { rows: RankedRow[]; seen: number } | null;
}

/**
 * Compares event tables with a baseline. Each table is a window, or each span of time with `window`. Reads every table
 * once.
 *
 * @param profile the baseline
 * @param paths event tables, made with the same weights and layer as the baseline
 * @param options methods, significance level, windows by time
 * @returns numbers and verdict of each window. A drift is a result, not an error.
 * @throws DataError, FileError, naming the table
 * @throws DriftError if a table is of another model; `NO_WINDOWS` without a table; `WINDOW_TWICE` for a table given
 *   twice; `WINDOW_NO_TIMES` if windows by time are asked for and no row has a timestamp; `TOO_MANY_WINDOWS`;
 *   `METHOD_UNKNOWN`; `OPTION_OUT_OF_RANGE`; `SEGMENTS_NOT_IN_PROFILE`; `GROUPS_DIFFER`
 *
 * @example
 * ```ts
 * import { measureWindows, readProfile } from 'image-drift';
 *
 * const profile = await readProfile('profile.json');
 * const { report } = await measureWindows(profile, ['week_1.parquet', 'week_2.parquet'], { methods: ['js'] });
 * for (const { name, verdict, methods, causes } of report.windows) {
 *   console.log(name, verdict, methods['js']?.value, causes);
 * }
 * ```
 */
export async function measureWindows(
  profile: Profile,
  paths: readonly string[],
  options: MeasureOptions = {},
): Promise<Measurement> {
  options = checkedOptions('measureWindows', options, measureFields);
  await loadAssets('dist/drift/');
  if (paths.length === 0) throw new DriftError('NO_WINDOWS', 'measureWindows: no table of events is given');
  const twice = firstTwice(paths);
  if (twice !== undefined) throw new DriftError('WINDOW_TWICE', `${twice}: is given twice, its rows would count twice`);
  const files: EventFile[] = [];
  const { columns = {}, group, by, window: length, exemplars = 0, paths: arePaths = true } = options;
  checkSegments(by, profile);
  const names = windowNames(paths, arePaths);
  const ranked = options.ranked ? new RankedRows(profile, options.ranked) : null;
  const methods = methodsByName(askedMethods(options) ?? DEFAULT_METHODS);
  // If neither a method nor a report needs single rows, none are kept: a sample takes memory in every window.
  const sampleRows = exemplars > 0 || methods.some(({ needsSample }) => needsSample) ? undefined : 0;
  const open = (name: string) => openWindow(name, profile, sampleRows, options, ranked);
  const byTime = length === undefined ? null : new TimeWindows(length, open, [...names.keys()].join(', '));
  // By path; a window exists once its first rows have come.
  const ofFiles = new Map<string, OpenWindow>();
  const isByFile = byTime === null && options.span === undefined;
  const asked = { columns, group, by, eventIds: ranked !== null };
  for await (const numbered of numberedBatches(profile, paths, asked, files)) {
    options.signal?.throwIfAborted();
    if (byTime !== null) {
      addByTime(byTime, numbered);
      continue;
    }
    const path = options.span ? spanName(options.span) : numbered.file.path;
    const part = options.span ? partOf(numbered, rowsWithin(numbered, options.span, options.segment)) : numbered;
    if (part.batch.embeddings.rows === 0) continue;
    const window = ofFiles.get(path) ?? open(names.get(path) ?? path);
    ofFiles.set(path, window);
    window.add(part);
  }
  // Files in the given order, times in ascending order.
  const opened = byTime?.inOrder().map(({ window }) => window) ?? [...ofFiles.values()];
  const windows = opened.map((window) => window.close());
  if (windows.length === 0) {
    const missing = options.span ? `a time of ${spanName(options.span)}` : 'a timestamp';
    const message = `${paths.join(', ')}: no row has ${missing}, so there is no window by time`;
    throw new DriftError('WINDOW_NO_TIMES', message, { hint: 'Leave --window out: then each file is a window.' });
  }
  // Rows are numbered on over the files, of which a window by time may hold some rows of each.
  const rowName = (number: number) => {
    const { file, row } = placeOf(files, number);
    const place = `row ${row.toLocaleString('en')}`;
    return isByFile ? place : `${place} of ${names.get(files[file]!.path)}`;
  };
  const named = windows.map(({ name, summary }): NamedWindow => {
    return { name, summary, causes: profile.reference ? windowCauses(profile, summary).words : null, rowName };
  });
  return {
    report: driftReport(profile, named, { ...options, groupName: options.group }),
    windows,
    files,
    withoutTime: byTime?.untimed ?? 0,
    ranked: ranked && { rows: ranked.ranked(), seen: ranked.seen },
  };
}

/** File names without folder and extension if they differ, otherwise the paths as given, or numbered. */
function windowNames(paths: readonly string[], arePaths: boolean): Map<string, string> {
  const short = paths.map((path) => basename(path, extname(path)));
  const areDifferent = new Set(short).size === paths.length;
  const other = (i: number) => (arePaths ? paths[i]! : `${short[i]} (${i + 1})`);
  return new Map(paths.map((path, i) => [path, areDifferent ? short[i]! : other(i)]));
}

type OpenWindow = ReturnType<typeof openWindow>;

function openWindow(
  name: string,
  profile: Profile,
  sampleRows: number | undefined,
  { exemplars = 0, otherCentroids }: MeasureOptions,
  ranked: RankedRows | null,
) {
  const counter = new WindowCounter(profile, { what: name, sampleRows });
  const keeper = exemplars > 0 ? new ExemplarKeeper(profile, exemplars, name) : null;
  const other = otherCentroids ? new CentroidCounter(matrixOfRows(otherCentroids), name) : null;
  return {
    add({ batch, imageUrls, eventIds, factsOf }: Omit<NumberedBatch, 'file'>): void {
      const nearest = counter.add(batch);
      keeper?.add(batch, nearest, imageUrls, factsOf);
      other?.add(batch.embeddings);
      ranked?.add(name, batch, nearest, { imageUrls, eventIds });
    },
    close(): MeasuredWindow {
      const extremes = keeper?.extremes() ?? null;
      return { name, summary: counter.summary(), extremes, otherCounts: other?.counts ?? null };
    },
  };
}

function addByTime(windows: TimeWindows<OpenWindow>, numbered: NumberedBatch): void {
  for (const { window, part } of windows.partsOf(numbered.batch)) window.add(partOf(numbered, part.rows, part.batch));
}

function partOf(
  { batch, imageUrls, eventIds, factsOf }: NumberedBatch,
  rows: readonly number[],
  taken: DriftBatch = takeRows(batch, rows),
): Omit<NumberedBatch, 'file'> {
  return {
    batch: taken,
    imageUrls: rows.map((row) => imageUrls[row] ?? null),
    eventIds: rows.map((row) => eventIds[row] ?? null),
    factsOf: (row) => factsOf(rows[row] as number),
  };
}

function rowsWithin(
  { batch }: NumberedBatch,
  [from, to]: readonly [number, number],
  segment: MeasureOptions['segment'],
): number[] {
  const values = segment && batch.segments?.[segment.name];
  return (batch.timestamps ?? []).flatMap((time, row) => {
    const isWithin = time !== null && time >= from && time < to;
    return isWithin && (segment === undefined || values?.[row] === segment.value) ? [row] : [];
  });
}

/** `2026-11-24 to 2026-11-30`. */
function spanName([from, to]: readonly [number, number]): string {
  const [first, last] = [from, to - 1].map((time) => new Date(time).toISOString().replace(/T.*/, ''));
  return first === last ? first! : `${first} to ${last}`;
}
