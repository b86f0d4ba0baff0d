/** The digits of measured numbers. The terminal and the report both use these, so the same number reads alike. */

/** Four decimals below 10, two below 100, none above: `0.0812`, `1.2346`, `1,230`. The minus sign is the true one. */
export function digitsOf(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size >= 100) return sign + Math.round(size).toLocaleString('en-US');
  if (size !== 0 && size < 0.0001) return sign + size.toExponential(1);
  return sign + size.toFixed(size >= 10 ? 2 : 4);
}

/** A p-value: `<0.001`, `0.032`. */
export function digitsOfChance(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

/** `1 image`, `3,000 images`. @param count a whole number */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** Methods in their order, but those that raised the alarm first, the most often first. */
export function alarmingFirst<M extends { name: string }>(
  methods: readonly M[],
  windows: readonly { alarmed_by: string | null }[],
): M[] {
  const alarms = ({ name }: M) => windows.filter(({ alarmed_by: by }) => by === name).length;
  return [...methods].sort((a, b) => alarms(b) - alarms(a));
}

/** Why neither a measured nor an estimated accuracy is known. */
export function whyNoAccuracy({
  no_estimate: why = null,
  notes = [],
}: {
  no_estimate?: string | null | undefined;
  notes?: readonly string[] | undefined;
}): string {
  const none = 'the window has no labels';
  if (why === null) return none;
  return why.endsWith('class scores') || notes.includes(why) ? why : `${none}; not estimated: ${why}`;
}

/** Standard errors below what guessing gives. */
const CERTAIN = 3;

/**
 * The share of right guesses among so many classes, if accuracy lies below it by more than chance; else null.
 * @param labels how many independent rows have a label
 */
export function guessesBeyond(accuracy: number, labels: number, classes: number): number | null {
  const share = 1 / classes;
  return accuracy < share - CERTAIN * Math.sqrt((share * (1 - share)) / labels) ? share : null;
}

/** What the p-value of a test decides: the adjusted one, where p-values are adjusted for the number of windows. */
interface Tested<P extends number | null> {
  p: P;
  p_adjusted: number | null;
}

export function decidingP<P extends number | null>({ p, p_adjusted }: Tested<P>): number | P {
  return p_adjusted ?? p;
}

/** Whether a value is outside of its range, but not beyond the threshold, and so is not called drift. */
export function isBelowThreshold(
  { verdict, ...tested }: Tested<number | null> & { verdict: string | null },
  threshold: number | undefined,
  alpha: number,
): boolean {
  return threshold !== undefined && verdict === 'no drift' && (decidingP(tested) ?? 1) <= alpha;
}

/** From so many windows on, some drift by chance, and what they say together comes before any one of them. */
export const MANY_WINDOWS = 30;

interface Drifted {
  verdict: string | null;
  accuracy: number | null;
}

export interface TogetherRule {
  /** Null where nothing was calibrated. */
  alpha: number | null;
  adjust: string | null;
}

export interface Together {
  /** `18 of 365 windows drifted, and 18 would by chance`; the number expected is left out where it is not known. */
  answer: string;
  /** The trend: the earlier half of the windows beside the later one, in their order. */
  trend: string;
}

/** Null of fewer than `MANY_WINDOWS`. */
export function together(windows: readonly Drifted[], { alpha, adjust }: TogetherRule): Together | null {
  if (windows.length < MANY_WINDOWS) return null;
  const middle = Math.floor(windows.length / 2);
  const halves = [windows.slice(0, middle), windows.slice(middle)] as const;
  const drifted = `${countOf(windows).toLocaleString('en-US')} of ${plural(windows.length, 'window')} drifted`;
  return { answer: `${drifted}${expectedOf(windows.length, alpha, adjust)}`, trend: trendOf(halves) };
}

function expectedOf(windows: number, alpha: number | null, adjust: string | null): string {
  if (alpha === null) return '';
  // Adjusted, what is called drift is hardly ever chance.
  if (adjust !== null) return '';
  const expected = Math.round(alpha * windows);
  return `, and about ${expected.toLocaleString('en-US')} would by chance if nothing had changed`;
}

function trendOf([earlier, later]: readonly [readonly Drifted[], readonly Drifted[]]): string {
  const drift = `Of the earlier half ${countOf(earlier)} drifted, of the later half ${countOf(later)}`;
  const [before, after] = [accuracyOf(earlier), accuracyOf(later)];
  if (before === null || after === null) return drift;
  return `${drift}; accuracy is ${percent(before)} in the earlier half and ${percent(after)} in the later one, in the mean`;
}

function countOf(windows: readonly Drifted[]): number {
  return windows.filter(({ verdict }) => verdict === 'drift').length;
}

/** Mean of the windows with labels; null where fewer than half have some. */
function accuracyOf(windows: readonly Drifted[]): number | null {
  const known = windows.flatMap(({ accuracy }) => accuracy ?? []);
  if (known.length < windows.length / 2) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** `93.6 %`. @param share from 0 to 1 */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const REASONS: Readonly<Record<string, string>> = {
  'near-duplicates': 'as many are near-duplicates',
  'row order': 'as rows that follow each other are alike',
  repeats: 'as some repeat',
  '1h': 'by hour',
  '1d': 'by day',
};

/** Null if they are independent, or nearly so: then both numbers would be the same. */
export function worthWords(rows: number, effectiveRows: number, by: string | null): string | null {
  const count = roughly(effectiveRows);
  if (by === null || count === roughly(rows)) return null;
  return `worth about ${count} independent ${count === '1' ? 'one' : 'ones'}, ${REASONS[by] ?? `by ${by.split(',').join(' and ')}`}`;
}

export interface Worth {
  rows: number;
  effectiveRows: number;
  effectiveBy: string | null;
}

/** Fewer may repeat by chance. */
const COPIES_LEAST_ROWS = 20;
const FEW_OF_ALL = 0.1;
const MOST_OF_ALL = 0.5;

/**
 * Whether so many rows repeat each other that all are worth a tenth at most, as of a camera that stands still, while
 * the baseline's do not. Then more such rows would not help.
 */
export function areMostlyCopies(window: Worth, baseline: Omit<Worth, 'effectiveBy'>): boolean {
  const { rows, effectiveRows, effectiveBy: by } = window;
  if (rows < COPIES_LEAST_ROWS || (by !== 'near-duplicates' && by !== 'repeats')) return false;
  return effectiveRows < FEW_OF_ALL * rows && baseline.effectiveRows >= MOST_OF_ALL * baseline.rows;
}

/** How many such rows are worth `needed` independent ones, if `rows` are worth `effectiveRows`: `about 1,200`. */
export function rowsLikeThese(needed: number, rows: number, effectiveRows: number): string {
  return `about ${roughly((needed * rows) / effectiveRows)}`;
}

/** Two digits: an effective number of rows is an estimate. */
export function roughly(rows: number): string {
  return Math.max(1, Number(rows.toPrecision(2))).toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** With a thousand classes, all shares of all windows would be most of the page. */
const MOST_SHARES = 15;

export function mostChanged<S extends { baseline: number; window: number }>(shares: readonly S[]): readonly S[] {
  if (shares.length <= MOST_SHARES) return shares;
  const change = ({ baseline, window }: S) => Math.abs(window - baseline);
  const limit = new Set([...shares].sort((a, b) => change(b) - change(a)).slice(0, MOST_SHARES));
  return shares.filter((share) => limit.has(share));
}

interface SaidAccuracy {
  accuracy: number | null;
  accuracy_interval?: { low: number; high: number; labels: number } | null;
  estimated_accuracy: { value: number; low: number | null; high: number } | null;
}

/** Fewer labels say less than an estimate, which is then said beside them. */
const LABELS_ALONE = 30;

export function isOfFewLabels(interval: { labels: number } | null | undefined): boolean {
  return interval != null && interval.labels < LABELS_ALONE;
}

/** `92.2 % (90.7-93.5)`; of few labels `90.0 % (55.5-99.7), ~77 %`; without labels `~77 %` or `≤87 %`; null if not known. */
export function accuracyWords({ accuracy, accuracy_interval: interval, estimated_accuracy: estimate }: SaidAccuracy) {
  if (accuracy === null) return estimate === null ? null : estimatedWords(estimate);
  const measured = `${percent(accuracy)}${interval == null ? '' : ` (${rangeWords(interval, '-')})`}`;
  return estimate !== null && isOfFewLabels(interval) ? `${measured}, ${estimatedWords(estimate)}` : measured;
}

function estimatedWords({ value, low, high }: { value: number; low: number | null; high: number }): string {
  return low === null ? `≤${(100 * high).toFixed(0)} %` : `~${(100 * value).toFixed(0)} %`;
}

/** `90.7-93.5`, in percent. */
export function rangeWords({ low, high }: { low: number; high: number }, dash: string): string {
  return `${(100 * low).toFixed(1)}${dash}${(100 * high).toFixed(1)}`;
}
