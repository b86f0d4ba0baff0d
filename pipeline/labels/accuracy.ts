import { loadAssets } from '#platform';
import { checkedOptions, quotedNames } from '../../base/index.js';
import {
  groupedBy,
  type LabelledRow,
  type MeasuredAccuracy,
  partAccuracy,
  plannedAccuracy,
  randomAccuracy,
} from '../../drift/index.js';
import { percent } from '../../report/numbers/index.js';
import { readProfile } from '../measure/index.js';
import { type AccuracyOptions, accuracyFields } from '../options/index.js';
import {
  type GivenLabels,
  givenLabels,
  givenMarks,
  type PlanStrata,
  type RowLabel,
  severalLabels,
} from './given-labels.js';
import { type EventRow, type EventRows, readRows } from './read-rows.js';

/** A share of right predictions, from 0 to 1, with its 95 % interval. */
export type ShownShare = MeasuredAccuracy;

/** What `accuracy --json` prints. Unknown values are null. */
export interface AccuracyReport {
  /** Null where several labels may hold: each is right and wrong by itself. */
  accuracy: ShownShare | null;
  rows: number;
  /**
   * By class: the share of its images that are predicted as it, and where several may hold, the share of those that are
   * predicted as it that are.
   */
  classes: Record<string, { recall: ShownShare | null; precision?: ShownShare | null }>;
  segments: { by: string; value: string; rows: number; accuracy: ShownShare | null }[];
  /** What confidence says of all rows without labels; null without a profile with labels. */
  estimate: number | null;
  notes: string[];
}

/**
 * The accuracy of event tables from the labels of some of their images.
 *
 * @throws LabelError as `givenLabels`; DataError, FileError, DriftError for the tables and the profile
 *
 * @example
 * ```ts
 * import { labelledAccuracy } from 'image-drift/pipeline';
 *
 * const { accuracy } = await labelledAccuracy(['week.parquet'], { labels: 'labels.csv', labelPlan: 'plan.csv' });
 * console.log(accuracy?.low, accuracy?.high);
 * ```
 */
export async function labelledAccuracy(paths: readonly string[], options: AccuracyOptions): Promise<AccuracyReport> {
  options = checkedOptions('labelledAccuracy', options, accuracyFields);
  await loadAssets('dist/drift/');
  const { by = [], columns, group } = options;
  const profile = options.profile === undefined ? undefined : await readProfile(options.profile);
  const events = await readRows(paths, { profile, columns, group, by: options.by });
  const where = paths.join(', ');
  if (events.areSeveral) return severalAccuracy(events, where, options);
  const given = await givenLabels(events, where, options);
  const accuracy = wholeAccuracy(given, events.rows);
  const estimate = meanRate(events.rows);
  return {
    accuracy,
    rows: events.rows.length,
    classes: Object.fromEntries(events.classes.map((name, i) => [name, { recall: recallOf(given.labels, i) }])),
    segments: by.flatMap((name, i) => segmentsOf(given, events.rows, name, i)),
    estimate,
    notes: notesOf(accuracy, estimate, events.skipped),
  };
}

/** Precision and recall of each label, from the images of which somebody says whether it holds. */
async function severalAccuracy(events: EventRows, where: string, options: AccuracyOptions): Promise<AccuracyReport> {
  if (options.by !== undefined) throw severalLabels(where, 'precision and recall are of all rows (--by)');
  const marks = [...(await givenMarks(events, where, options))];
  const classes = events.classes.map((name, i) => {
    const known = marks.flatMap(([row, of]) => {
      const [truth, holds] = [of[i] ?? null, row.holds![i]!];
      return truth === null
        ? []
        : [{ truth, holds, right: truth && holds, rate: null, group: row.group, planned: null }];
    });
    const share = (rows: typeof known) => (rows.length === 0 ? null : partAccuracy(rows));
    const precision = share(known.filter(({ holds }) => holds));
    return [name, { precision, recall: share(known.filter(({ truth }) => truth)) }];
  });
  const notes = [...markNotes(marks, events), ...skippedNote(events.skipped)];
  const report = { accuracy: null, rows: events.rows.length, classes: Object.fromEntries(classes) };
  return { ...report, segments: [], estimate: null, notes };
}

const MOST_NAMED = 10;

/** How many images somebody said anything of, and the labels of which nobody did. */
function markNotes(marks: readonly [EventRow, readonly (boolean | null)[]][], { rows, classes }: EventRows): string[] {
  const unsaid = classes.filter((_, i) => marks.every(([, of]) => (of[i] ?? null) === null));
  return [
    `${marks.length.toLocaleString('en')} of ${rows.length.toLocaleString('en')} images are labelled`,
    ...(unsaid.length > 0 ? [`no line of the labels says whether these hold: ${quotedNames(unsaid, MOST_NAMED)}`] : []),
  ];
}

export function labelledRow({ row, label, planned }: RowLabel): LabelledRow {
  return { right: row.predicted === label, rate: row.rate, group: row.group, planned };
}

function wholeAccuracy({ labels, plan }: GivenLabels, rows: readonly EventRow[]): ShownShare {
  const labelled = labels.map(labelledRow);
  if (plan !== null) return plannedAccuracy(labelled, plan.rows);
  return randomAccuracy(labelled, { rows: rows.length, rate: meanRate(rows) });
}

/** Null where confidence says nothing. */
function meanRate(rows: readonly EventRow[]): number | null {
  if (rows.some(({ rate }) => rate === null)) return null;
  return rows.reduce((sum, { rate }) => sum + rate!, 0) / rows.length;
}

function recallOf(labels: readonly RowLabel[], label: number): ShownShare | null {
  const own = labels.filter((one) => one.label === label).map(labelledRow);
  return own.length === 0 ? null : partAccuracy(own);
}

function segmentsOf({ labels, plan }: GivenLabels, rows: readonly EventRow[], by: string, at: number) {
  const segmentOf = (row: EventRow) => row.segments[at] ?? null;
  const labelled = groupedBy(labels, ({ row }) => segmentOf(row));
  const all = [...groupedBy(rows, segmentOf)].sort(([a], [b]) => (a! < b! ? -1 : 1));
  return all.flatMap(([value, own]) => {
    if (value === null) return [];
    const ofValue = labelled.get(value) ?? [];
    const strata = plan && ownStrata(plan, (row) => segmentOf(row) === value);
    const given = { labels: ofValue, plan: strata && { ...plan, rows: strata } };
    const isPart = plan !== null && strata === null;
    const part = () => (isPart ? partAccuracy(ofValue.map(labelledRow)) : wholeAccuracy(given, own));
    return [{ by, value, rows: own.length, accuracy: ofValue.length === 0 ? null : part() }];
  });
}

/** The strata that rows of a segment are planned in; null where others are, too. */
function ownStrata({ rows, planned }: PlanStrata, isIn: (row: EventRow) => boolean): Map<string, number> | null {
  const own = new Set([...planned].filter(([row]) => isIn(row)).map(([, stratum]) => stratum));
  if ([...planned].some(([row, stratum]) => own.has(stratum) && !isIn(row))) return null;
  return new Map([...rows].filter(([stratum]) => own.has(stratum)));
}

function notesOf({ low, high }: ShownShare, estimate: number | null, skipped: number): string[] {
  const notes: string[] = [];
  if (estimate !== null && (estimate < low || estimate > high)) {
    const how = estimate > high ? 'surer' : 'less sure';
    notes.push(
      `without labels, confidence says ${percent(estimate)}: the model is ${how} than it is right on these images`,
    );
  }
  return [...notes, ...skippedNote(skipped)];
}

function skippedNote(skipped: number): string[] {
  return skipped > 0 ? [`${skipped.toLocaleString('en')} rows with a value that is not finite are left out`] : [];
}
