/** What a comparison of two models says, in words. */
import type { ModelComparison } from '../pipeline/labels/index.js';
import { digitsOfChance, percent, plural } from '../report/numbers/index.js';

type Line = Pick<ModelComparison, 'rows' | 'changed' | 'right_to_wrong' | 'wrong_to_right' | 'difference' | 'verdict'>;

/** `The new model is better by 0.4 to 1.9 points; worse on camera 3`, or that no difference is seen. */
export function verdictWords({ verdict, difference, segments, labels }: ModelComparison): string {
  const worse = segments.filter((one) => one.verdict === 'worse').map(({ by, value }) => `${by} ${value}`);
  const but = worse.length === 0 ? '' : `; worse on ${worse.join(', ')}`;
  if (difference === null) return labels === 0 ? 'Without labels, nobody knows which is better' : 'No difference seen';
  if (verdict === 'no difference seen')
    return `No difference seen (${points(difference.low)} to ${points(difference.high)} points)${but}`;
  const ends = [difference.low, difference.high].map(Math.abs).sort((a, b) => a - b);
  return `The new model is ${verdict} by ${ends.map((end) => (100 * end).toFixed(1)).join(' to ')} points${but}`;
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`;
}

/** What was compared, of how many labels, and what p is: a sentence each. */
export function comparisonNotes(report: ModelComparison): string[] {
  const { rows, joined_by: by, only_old: old, only_new: now, changed, labels, decided } = report;
  const what = rowsOf(report);
  const lost =
    old + now === 0 ? '' : `; ${plural(old, 'image')} of the old table alone, ${now.toLocaleString('en')} of the new`;
  const counted = `${plural(rows, what.slice(0, -1))} by ${by}${lost}; ${changed.toLocaleString('en')} predicted otherwise`;
  const given = `${plural(labels, 'label')}, of which the ${decided.toLocaleString('en')} on ${what} that changed decide`;
  if (report.difference === null) return [`${counted}; ${labels === 0 ? 'no labels' : given}.`];
  const corrected = report.segments.length === 0 ? '' : ', corrected for the number of segments';
  return [
    `${counted}; ${given}.`,
    `p: ${HOW[report.difference.by]}${corrected}. Ranges, in brackets: 95 %, of all ${what}.`,
  ];
}

const HOW = {
  exact: "McNemar's test, exact; labels of a plan count by their chances",
  ppi: 'by the chances of the plan and confidence (PPI++)',
};

/** A header, and a line for all images and for each segment. */
export function comparisonTable(report: ModelComparison): string[][] {
  const segments = report.segments.map((one) => line(`${one.by}=${one.value}`, one));
  const header = [
    '',
    rowsOf(report),
    'changed',
    'right to wrong',
    'wrong to right',
    'difference, points',
    'p',
    'verdict',
  ];
  return [header, line('all', report), ...segments];
}

/** What the rows of a comparison are. */
export function rowsOf({ per_label: perLabel }: Pick<ModelComparison, 'per_label'>): 'images' | 'decisions' {
  return perLabel ? 'decisions' : 'images';
}

function line(name: string, one: Line): string[] {
  const counts = [name, one.rows.toLocaleString('en'), one.changed.toLocaleString('en')];
  if (one.difference === null) return [...counts, '-', '-', '-', '', ''];
  const range = ({ value, low, high }: { value: number; low: number; high: number }) =>
    `${percent(value)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
  const { value, low, high, p } = one.difference;
  const difference = `${points(value)} (${points(low)} to ${points(high)})`;
  return [
    ...counts,
    range(one.right_to_wrong!),
    range(one.wrong_to_right!),
    difference,
    digitsOfChance(p),
    one.verdict,
  ];
}
