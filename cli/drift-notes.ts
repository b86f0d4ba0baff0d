import { printable } from '../base/index.js';
import {
  blindAt,
  DEFAULT_METHODS,
  type DriftReport,
  METHODS,
  methodsByName,
  SMALL_BASELINE,
  type WindowReport,
} from '../drift/index.js';
import {
  areMostlyCopies,
  decidingP,
  digitsOf,
  digitsOfChance,
  guessesBeyond,
  isBelowThreshold,
  isOfFewLabels,
  MANY_WINDOWS,
  plural,
  rowsLikeThese,
  whyNoAccuracy,
  worthWords,
} from '../report/numbers/index.js';
import { saidOnce } from './same-words.js';

/** Several methods that nobody named, which vote as one. */
export function isOneTest({ methods }: DriftReport['settings']): boolean {
  return methods.length > 1 && methods.every((name) => DEFAULT_METHODS.includes(name));
}

/** @param shown names of the methods whose values the table has */
export function notes({ baseline, settings, windows }: DriftReport, shown: readonly string[]): string[] {
  const { methods, alpha, detect, adjust, threshold } = settings;
  const isVote = isOneTest(settings);
  const lines: string[] = [];
  const isSaid = ({ accuracy, accuracy_interval: interval }: WindowReport) =>
    accuracy === null || isOfFewLabels(interval);
  if (windows.some((window) => window.estimated_accuracy !== null && isSaid(window))) {
    lines.push(
      'Accuracy with ~ is estimated from confidence, without labels; of a window that drifted, only what it hardly exceeds (≤).',
    );
  }
  lines.push(...notKnown(windows), ...accuracyOfSome(windows), ...belowGuessing(windows));
  lines.push(...units(baseline, windows, shown));
  const tests = [
    ...(adjust !== null && windows.length > 1 ? [`${windows.length} windows`] : []),
    ...(methods.length > 1
      ? [isVote ? `the methods that vote (${methods.join(', ')})` : `${methods.length} methods`]
      : []),
  ];
  const adjusted = tests.length === 0 ? '' : `, adjusted for ${tests.join(' and ')}`;
  lines.push(`p: chance of such a value without drift${adjusted}; drift is p <= ${alpha}.`);
  lines.push(...blind(methods, alpha), ...seldom(methods, alpha, adjust === null ? 1 : windows.length));
  // The first line says it of many windows.
  if (windows.length > 1 && (adjust !== null || windows.length < MANY_WINDOWS))
    lines.push(falseAlarms(windows.length, alpha, adjust));
  if (methods.length > 1 && !isVote) lines.push(...alarms(windows));
  if (!isVote) lines.push(...notComputed(methods, windows));
  lines.push(...belowThreshold(windows, threshold, alpha));
  lines.push(...worthOfRows(baseline, windows), ...tooSmall(baseline));
  lines.push(...saidOnce(windows.flatMap(({ name, notes: said }) => said.map((note) => ({ name, rest: `${note}.` })))));
  for (const { name, images } of windows) {
    for (const finding of images?.findings ?? []) lines.push(`${printable(name)}: ${finding}.`);
  }
  lines.push(...tooFewRows(baseline, windows, detect));
  if (baseline.weights_note !== null) lines.push(`Weights: ${printable(baseline.weights_note)}.`);
  return lines;
}

/** What the values are of the methods that are shown and say something. */
function units(
  baseline: DriftReport['baseline'],
  windows: readonly WindowReport[],
  shown: readonly string[],
): string[] {
  return METHODS.filter(({ name }) => shown.includes(name)).flatMap(({ name, title, unit, unitOfSeveral = unit }) => {
    const report = windows.map(({ methods }) => methods[name]).find((found) => found);
    if (!report) return [];
    const range = `from 0 to ${report.base === 'e' ? '0.8326 (natural logarithm)' : '1 (logarithm to base 2)'}`;
    const over = `over ${baseline.clusters} clusters of ${baseline.rows.toLocaleString('en')} baseline rows`;
    const said = report.details?.['label'] === undefined ? unit : unitOfSeveral;
    const words =
      name === 'js' ? `Jensen-Shannon, ${over}, ${range}` : said.replace(/from 0 to 1 \(base 2\) or .*/, range);
    return [`${sentence(title)}: ${words}.`];
  });
}

function sentence(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

const COPIES =
  'many rows are copies of few: a camera that stands still or shows black, or a file that comes many times? More such rows tell no more.';

/** Why the accuracy of a window is `-`, where its own notes do not say it. */
function notKnown(windows: readonly WindowReport[]): string[] {
  const without = windows.filter(({ accuracy, estimated_accuracy: estimate, no_estimate: said, notes }) => {
    return accuracy === null && estimate === null && !notes.includes(said ?? '');
  });
  return saidOnce(
    without.map((window) => ({ name: window.name, rest: `accuracy is not known: ${whyNoAccuracy(window)}.` })),
  );
}

/** Fewer tell an accuracy to no better than 10 points. */
const ENOUGH_LABELS = 100;

/** Accuracies of few labels are said with their number, and those of some of the rows are not those of all. */
function accuracyOfSome(windows: readonly WindowReport[]): string[] {
  const said = windows.flatMap(({ name, accuracy, labelled, rows }) => {
    if (accuracy === null || (labelled === rows && labelled >= ENOUGH_LABELS)) return [];
    const of = `the accuracy is of ${plural(labelled, 'label')}`;
    if (labelled === rows) return { name, rest: `${of} alone.` };
    const others = rows - labelled === 1 ? '1 row has' : `${(rows - labelled).toLocaleString('en')} rows have`;
    return { name, rest: `${of}; ${others} none, and may be right less often, as those of a new class are.` };
  });
  return saidOnce(said);
}

/** Images as before, fewer right labels than guessing: another order of classes is likelier than a worse model. */
function belowGuessing(windows: readonly WindowReport[]): string[] {
  return windows.flatMap(({ name, accuracy, labelled, rows, effective_rows: effective, predicted, verdict }) => {
    if (verdict !== 'no drift' || accuracy === null || predicted === null) return [];
    const guessed = guessesBeyond(accuracy, (labelled * effective) / rows, predicted.baseline.length);
    if (guessed === null) return [];
    const said = `guessing would be right in ${(100 * guessed).toFixed(2)} %`;
    return [`${printable(name)}: ${said}: are the classes in another order, or the labels off by one?`];
  });
}

const isOfBaseline = (note: string) => note.startsWith(SMALL_BASELINE);

function tooFewRows(baseline: DriftReport['baseline'], windows: readonly WindowReport[], detect: number): string[] {
  // A note says where the baseline is what is small.
  const few = windows.filter(({ verdict, notes }) => verdict === 'too few rows' && !notes.some(isOfBaseline));
  const said = few.map(({ name, rows, effective_rows: effective, effective_by: by, rows_needed: needed, methods }) => {
    const worth = { rows, effectiveRows: effective, effectiveBy: by };
    if (areMostlyCopies(worth, { rows: baseline.rows, effectiveRows: baseline.effective_rows })) {
      return { name, rest: COPIES };
    }
    const like = (count: number) => (by === null ? count.toLocaleString('en') : rowsLikeThese(count, rows, effective));
    const enough = needed === null ? 'no number of' : like(needed);
    const seen = methods['js']?.base === 'e' ? digitsOf(detect * Math.sqrt(Math.LN2)) : `${detect} (base 2)`;
    return { name, rest: `a window of ${enough} rows would do to see a JS distance of ${seen} four times in five.` };
  });
  return saidOnce(said);
}

function notComputed(methods: readonly string[], windows: readonly WindowReport[]): string[] {
  return METHODS.filter(({ name }) => methods.includes(name))
    .filter(({ name }) => windows.every((window) => window.methods[name] === null))
    .map(({ title, takes }) => `${sentence(title)} is not computed: it takes ${takes}.`);
}

/** What methods vote and cannot alarm at this level: those that were asked for are refused. */
function blind(methods: readonly string[], alpha: number): string[] {
  const { names, leastP } = blindAt(alpha, methodsByName(methods));
  if (names.length === 0) return [];
  return [
    `At p <= ${alpha} the others vote alone: the p-value of ${names.join(', ')} is at least ${leastP.toPrecision(2)}.`,
  ];
}

/** What methods see if p-values are adjusted: one window that drifts alone may be lost among many. */
function seldom(methods: readonly string[], alpha: number, windows: number): string[] {
  const sampled = methodsByName(methods).filter(({ needsSample }) => needsSample);
  const { leastP } = blindAt(alpha, methodsByName(methods));
  const needed = Math.ceil((leastP * windows) / alpha);
  if (sampled.length === 0 || leastP > alpha || needed <= 1) return [];
  const [names, all] = [sampled.map(({ name }) => name).join(', '), windows.toLocaleString('en')];
  return [`Adjusted for ${all} windows, ${names} can only call drift where ${needed} or more of them drift.`];
}

const WORTH_NAMED = 3;

function worthOfRows(baseline: DriftReport['baseline'], windows: readonly WindowReport[]): string[] {
  const all = [{ name: 'Baseline', ...baseline }, ...windows];
  const lines = all.flatMap(({ name, rows, effective_rows: effective, effective_by: by }) => {
    const words = worthWords(rows, effective, by);
    return words === null ? [] : [`${printable(name)}: ${rows.toLocaleString('en')} rows, ${words}.`];
  });
  const more = lines.length - WORTH_NAMED - 1;
  const named = more > 0 ? lines.slice(0, WORTH_NAMED + 1) : lines;
  return more > 0 ? [...named, `So it is with ${more.toLocaleString('en')} more windows.`] : named;
}

function tooSmall({
  rows,
  effective_rows: effective,
  effective_by: by,
  clusters,
  rows_needed: needed,
}: DriftReport['baseline']) {
  if (needed === null) return [];
  const enough =
    by === null
      ? `${needed.toLocaleString('en')} different images`
      : `${rowsLikeThese(needed, rows, effective)} images like these`;
  return [`The baseline is too small for ${clusters} clusters: ${enough} would do.`];
}

function falseAlarms(windows: number, alpha: number, adjust: DriftReport['settings']['adjust']): string {
  if (adjust !== null) return `Of the windows called drift, at most ${100 * alpha} % are expected to be false alarms.`;
  const expected = Number((windows * alpha).toPrecision(2)).toLocaleString('en');
  return `If none of the ${windows.toLocaleString('en')} windows had drifted, ${expected} windows would be called drift by chance.`;
}

/** Values that are outside of their range without being called drift. */
function belowThreshold(
  windows: readonly WindowReport[],
  threshold: DriftReport['settings']['threshold'],
  alpha: number,
): string[] {
  return windows.flatMap(({ name, methods }) =>
    METHODS.flatMap(({ name: method, title }) => {
      const [report, limit] = [methods[method], threshold[method]];
      if (!report || !isBelowThreshold(report, limit, alpha)) return [];
      return [`${printable(name)}: ${title} is outside of its range, but not beyond the threshold ${limit}.`];
    }),
  );
}

/** Which methods found drift, with the chance of each: of several columns, any one may be the cause of a verdict. */
function alarms(windows: readonly WindowReport[]): string[] {
  return windows.flatMap(({ name, methods }) => {
    const found = METHODS.flatMap(({ name: method, title }) => {
      const report = methods[method];
      if (report?.verdict !== 'drift') return [];
      const p = decidingP(report);
      return [p === null ? title : `${title} (p ${digitsOfChance(p).replace(/^(?=\d)/, '= ')})`];
    });
    return found.length === 0 ? [] : [`${name}: drift by ${found.join(', ')}.`];
  });
}
