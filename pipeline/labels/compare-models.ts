import { loadAssets } from '#platform';
import { checkedOptions } from '../../base/index.js';
import { type ChangedRow, groupedBy, type PairedAccuracy, pairedAccuracy } from '../../drift/index.js';
import { type CompareOptions, compareFields } from '../options/index.js';
import type { ThumbnailTable } from '../report/thumbnails.js';
import { givenLabels, givenMarks, type RowLabel, severalLabels } from './given-labels.js';
import { LabelError } from './label-error.js';
import { type EventRow, type EventRows, readRows } from './read-rows.js';

type Joined = 'image_sha256' | 'image_url';

export type ModelVerdict = 'better' | 'worse' | 'no difference seen';

interface Compared {
  rows: number;
  /** Images that the two predict otherwise. */
  changed: number;
  right_to_wrong: PairedAccuracy['right_to_wrong'] | null;
  wrong_to_right: PairedAccuracy['wrong_to_right'] | null;
  /** Accuracy of the new model minus that of the old one; null where no changed image has a label. */
  difference: PairedAccuracy['difference'] | null;
  verdict: ModelVerdict;
}

/** An image that the two models predict otherwise, and what it is. */
export interface Flip {
  old: EventRow;
  image: string | null;
  old_predicted: string;
  new_predicted: string;
  /** Null without a label. */
  label: string | null;
}

/** What `compare --json` prints, beside `flips`. */
export interface ModelComparison extends Compared {
  joined_by: Joined;
  /** Whether several labels may hold: then `rows` are labels of images, and each label is a segment. */
  per_label: boolean;
  only_old: number;
  only_new: number;
  /** Rows with a label. */
  labels: number;
  /** Those of them that the two predict otherwise. */
  decided: number;
  /** By predicted class of the old model: rows, and those that changed. */
  classes: Record<string, { rows: number; changed: number }>;
  segments: (Compared & { by: string; value: string })[];
}

/** @returns also the flips, those that became wrong first */
export interface FoundComparison {
  report: ModelComparison;
  flips: Flip[];
  /** Events of the old model. */
  tables: readonly ThumbnailTable[];
}

interface Pair {
  before: EventRow;
  after: EventRow;
  label: number | null;
  planned: RowLabel['planned'];
}

/** Verdicts are wrong in at most so many comparisons without a difference. */
const ALPHA = 0.05;

/**
 * Compares the predictions of two models on the same images. Where several labels may hold, each of an image is one.
 *
 * @param before events of the old model
 * @param after events of the new one
 * @throws LabelError `COMPARE_CLASSES_DIFFER`, `COMPARE_NO_IMAGES`, `COMPARE_NOTHING_JOINED`; as `givenLabels`
 *
 * @example
 * ```ts
 * import { compareModels } from 'image-drift/pipeline';
 *
 * const { report } = await compareModels('old.parquet', 'new.parquet', { by: ['camera'] });
 * console.log(report.verdict, report.changed);
 * ```
 */
export async function compareModels(before: string, after: string, options: CompareOptions): Promise<FoundComparison> {
  options = checkedOptions('compareModels', options, compareFields);
  await loadAssets('dist/drift/');
  const { by = [], columns, group, labels } = options;
  const old = await readRows([before], { columns, group, by: options.by });
  const now = await readRows([after], { columns, group });
  checkClasses(before, old, after, now);
  const { pairs, ...joined } = joinedRows(before, old, after, now);
  if (old.areSeveral) return severalCompared(pairs, joined, old, before, options);
  const given = labels === undefined ? null : await givenLabels(old, before, { ...options, labels });
  const labelled = withLabels(pairs, old.classes, given && new Map(given.labels.map((one) => [one.row, one])));
  const segments = by.flatMap((name, i) => segmentsOf(labelled, name, i));
  const report = {
    ...joined,
    per_label: false,
    ...compared(labelled, 1),
    ...labelCounts(labelled),
    classes: classChanges(labelled, old.classes),
    segments,
  };
  return { report, flips: flipsOf(labelled, old.classes), tables: old.tables };
}

/** Each label of each image is a decision; a segment for each label. */
async function severalCompared(
  pairs: readonly Pair[],
  joined: Pick<ModelComparison, 'joined_by' | 'only_old' | 'only_new'>,
  old: EventRows,
  before: string,
  { by, labels, labelPlan }: CompareOptions,
): Promise<FoundComparison> {
  if (by !== undefined) throw severalLabels(before, 'they are the segments themselves (--by)');
  const { classes } = old;
  const marks = labels === undefined ? null : await givenMarks(old, before, { labels, labelPlan });
  const ofLabels = classes.map((_, i) => pairs.map((pair) => decision(pair, i, marks?.get(pair.before)?.[i] ?? null)));
  const all = ofLabels.flat();
  const segments = classes.map((value, i) => ({ by: 'label', value, ...compared(ofLabels[i]!, classes.length) }));
  const changes = classes.map((name, i) => {
    const own = ofLabels[i]!.filter((pair) => pair.before.predicted === HOLDS);
    return [name, { rows: own.length, changed: own.filter(isChanged).length }] as const;
  });
  const report = {
    ...joined,
    per_label: true,
    ...compared(all, 1),
    ...labelCounts(all),
    classes: Object.fromEntries(changes),
    segments,
  };
  const flips = classes.flatMap((name, i) => flipsOf(ofLabels[i]!, [`not ${name}`, name]));
  return { report, flips, tables: old.tables };
}

/** Index of "it holds" among the two that a decision may be. */
const HOLDS = 1;

/** Whether one label holds, as a class of two. */
function decision({ before, after }: Pair, label: number, mark: boolean | null): Pair {
  const of = (row: EventRow): EventRow => ({ ...row, predicted: Number(row.holds![label]), confidence: 0 });
  return { before: of(before), after: of(after), label: mark === null ? null : Number(mark), planned: null };
}

function checkClasses(before: string, old: EventRows, after: string, now: EventRows): void {
  if (old.areSeveral !== now.areSeveral) {
    const [one, several] = old.areSeveral ? [after, before] : [before, after];
    const message = `${several}: several labels may hold, and one class of ${one}`;
    throw new LabelError('COMPARE_CLASSES_DIFFER', message);
  }
  if (old.classes.join('\n') === now.classes.join('\n')) return;
  const message = `${after}: ${now.classes.length} classes, others than the ${old.classes.length} of ${before}`;
  throw new LabelError('COMPARE_CLASSES_DIFFER', message, {
    hint: 'Both models must have the same classes, in one order.',
  });
}

/** By the bytes of the image where both tables have them, else by its address. Of copies, the first counts. */
function joinedRows(before: string, old: EventRows, after: string, now: EventRows) {
  const hasHash = [old, now].every(({ rows }) => rows.length > 0 && rows.every(({ sha256 }) => sha256 !== null));
  const joined_by: Joined = hasHash ? 'image_sha256' : 'image_url';
  const nameOf = (row: EventRow) => (hasHash ? row.sha256 : row.imageUrl);
  const byName = ({ rows }: EventRows, path: string) => {
    const named = new Map<string, EventRow>();
    for (const row of rows) {
      const name = nameOf(row);
      if (name !== null && !named.has(name)) named.set(name, row);
    }
    if (named.size > 0) return named;
    const message = `${path}: no row has ${joined_by}, by which images are found in the other table`;
    throw new LabelError('COMPARE_NO_IMAGES', message);
  };
  const [first, second] = [byName(old, before), byName(now, after)];
  const pairs = [...first].flatMap(([name, row]): Pair[] => {
    const other = second.get(name);
    return other === undefined ? [] : [{ before: row, after: other, label: null, planned: null }];
  });
  if (pairs.length === 0) {
    const message = `${after}: none of ${second.size} images is one of the ${first.size} of ${before}, by ${joined_by}`;
    throw new LabelError('COMPARE_NOTHING_JOINED', message);
  }
  return { joined_by, only_old: first.size - pairs.length, only_new: second.size - pairs.length, pairs };
}

/** Labels that were given, else those of the table. */
function withLabels(
  pairs: readonly Pair[],
  classes: readonly string[],
  given: ReadonlyMap<EventRow, RowLabel> | null,
): Pair[] {
  return pairs.map((pair): Pair => {
    const own = given?.get(pair.before);
    if (own !== undefined) return { ...pair, label: own.label, planned: own.planned };
    const target = given === null ? (pair.before.target ?? pair.after.target) : null;
    const label = target === null ? -1 : classes.indexOf(target);
    return { ...pair, label: label < 0 ? null : label };
  });
}

/** @param tests segments that are looked at together */
function compared(pairs: readonly Pair[], tests: number): Compared {
  const changed = pairs.filter(isChanged);
  const rows = changed.flatMap(changedRow);
  const counts = { rows: pairs.length, changed: changed.length };
  if (rows.length === 0) {
    return { ...counts, right_to_wrong: null, wrong_to_right: null, difference: null, verdict: 'no difference seen' };
  }
  const gain = changed.reduce((sum, pair) => sum + gainOf(pair), 0) / changed.length;
  const paired = pairedAccuracy(rows, { share: changed.length / pairs.length, gain });
  const p = Math.min(1, paired.difference.p * tests);
  const verdict = p > ALPHA ? 'no difference seen' : paired.difference.value > 0 ? 'better' : 'worse';
  return { ...counts, ...paired, difference: { ...paired.difference, p }, verdict };
}

function labelCounts(pairs: readonly Pair[]): Pick<ModelComparison, 'labels' | 'decided'> {
  const known = pairs.filter(({ label }) => label !== null);
  return { labels: known.length, decided: known.filter(isChanged).length };
}

function isChanged({ before, after }: Pair): boolean {
  return before.predicted !== after.predicted;
}

function gainOf({ before, after }: Pair): number {
  return after.confidence - before.confidence;
}

function changedRow(pair: Pair): ChangedRow[] {
  const { before, after, label, planned } = pair;
  if (label === null) return [];
  const [oldRight, newRight] = [before.predicted === label, after.predicted === label];
  return [{ oldRight, newRight, gain: gainOf(pair), group: before.group, planned }];
}

function segmentsOf(pairs: readonly Pair[], by: string, at: number): ModelComparison['segments'] {
  const byValue = groupedBy(pairs, ({ before }) => before.segments[at] ?? null);
  const values = [...byValue.keys()].filter((value) => value !== null).sort();
  return values.map((value) => ({ by, value, ...compared(byValue.get(value)!, values.length) }));
}

function classChanges(pairs: readonly Pair[], classes: readonly string[]): ModelComparison['classes'] {
  return Object.fromEntries(
    classes.map((name, i) => {
      const own = pairs.filter(({ before }) => before.predicted === i);
      return [name, { rows: own.length, changed: own.filter(isChanged).length }];
    }),
  );
}

function flipsOf(pairs: readonly Pair[], classes: readonly string[]): Flip[] {
  const order = ({ before, after, label }: Pair) => {
    if (label === null) return 3;
    return before.predicted === label ? 0 : after.predicted === label ? 1 : 2;
  };
  return pairs
    .filter(isChanged)
    .sort((a, b) => order(a) - order(b))
    .map(({ before, after, label }) => ({
      old: before,
      image: before.imageUrl ?? before.imagePath,
      old_predicted: classes[before.predicted]!,
      new_predicted: classes[after.predicted]!,
      label: label === null ? null : classes[label]!,
    }));
}
