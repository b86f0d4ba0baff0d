/** A drift report for people: a line for each window, or a block where the terminal is too narrow for that. */

import { DEFAULT_METHODS, type DriftReport, METHODS, type MethodReport, type WindowReport } from '../drift/index.js';
import { printable } from '../errors/index.js';
import type { ExpectedNumbers } from '../publish/index.js';
import {
  decidingP,
  digitsOf,
  digitsOfChance,
  isBelowThreshold,
  rowsLikeThese,
  worthWords,
} from '../report/numbers/index.js';
import { type Column, formatTable, wrapped } from './table.js';

type ShownMethod = Pick<(typeof METHODS)[number], 'name' | 'title'>;

const METHOD_COLUMNS: readonly Column[] = [
  { title: 'value', align: 'right' },
  { title: 'without drift' },
  { title: 'p' },
];
/** Causes that a line names. */
const CAUSES = 2;

/**
 * Accuracy in percent: measured, or estimated (`~`, `≤`), or `-`; for each method the value, and where it lies without drift.
 *
 * @param width characters in a line
 */
export function driftTable(
  { baseline, settings, windows }: DriftReport,
  width: number = Number.POSITIVE_INFINITY,
): string {
  const methods = METHODS.filter(({ name }) => settings.methods.includes(name));
  const table = isOneTest(settings) ? headlines(methods, windows) : oneLineEach(methods, windows);
  const fits = table.split('\n').every((line) => line.length <= width);
  const shown = fits ? table : windows.map((window) => block(methods, window, width)).join('\n\n');
  const fallen = fallenAccuracy(windows);
  const first = fallen === null ? [] : [wrapped(fallen, width, '  '), ''];
  const remarks = notes(baseline, settings, windows).map((line) => wrapped(line, width, '  '));
  return [...first, shown, '', ...remarks].join('\n');
}

/** Several methods that nobody named, which vote as one. */
function isOneTest({ methods }: DriftReport['settings']): boolean {
  return methods.length > 1 && methods.every((name) => DEFAULT_METHODS.includes(name));
}

/** A line for each window, with the numbers of the method that alarmed; of the first one where none did. */
function headlines(methods: readonly ShownMethod[], windows: readonly WindowReport[]): string {
  const columns: Column[] = [
    { title: 'window' },
    { title: 'rows', align: 'right' },
    { title: 'accuracy', align: 'right' },
    { title: 'method' },
    ...METHOD_COLUMNS,
    { title: 'verdict' },
    { title: 'cause' },
  ];
  const rows = windows.map((window) => {
    const head = methods.find(({ name }) => name === window.alarmed_by) ?? methods[0]!;
    return [
      window.name,
      window.rows.toLocaleString('en'),
      accuracyOf(window) ?? '-',
      head.title,
      ...methodCells(window.methods[head.name] ?? null),
      window.verdict ?? '-',
      causesOf(window).slice(0, CAUSES).join('; '),
    ];
  });
  return formatTable(columns, rows);
}

/** Windows that the line about accuracy names. */
const FALLEN_NAMED = 3;

/** What labels say of the model comes before what images say of themselves; null if accuracy fell nowhere. */
function fallenAccuracy(windows: readonly WindowReport[]): string | null {
  const fallen = windows.flatMap(({ name, accuracy, accuracy_test: test }) => {
    if (accuracy === null || test?.verdict !== 'lower') return [];
    const p = digitsOfChance(decidingP(test))
      .replace(/^</, '< ')
      .replace(/^(?=\d)/, '= ');
    return [`${printable(name)} (${(100 * test.baseline).toFixed(2)} → ${(100 * accuracy).toFixed(2)} %, p ${p})`];
  });
  if (fallen.length === 0) return null;
  const more = fallen.length - FALLEN_NAMED;
  const others = more > 0 ? ` and ${more.toLocaleString('en')} more` : '';
  return `Accuracy fell: ${fallen.slice(0, FALLEN_NAMED).join(', ')}${others}.`;
}

function oneLineEach(methods: readonly ShownMethod[], windows: readonly WindowReport[]): string {
  const columns: Column[] = [
    { title: 'window' },
    { title: 'rows', align: 'right' },
    { title: 'accuracy', align: 'right' },
    ...methods.flatMap(({ title }) => [{ ...METHOD_COLUMNS[0]!, title }, ...METHOD_COLUMNS.slice(1)]),
    { title: 'verdict' },
    { title: 'cause' },
  ];
  const rows = windows.map((window) => [
    window.name,
    window.rows.toLocaleString('en'),
    accuracyOf(window) ?? '-',
    ...methods.flatMap(({ name }) => methodCells(window.methods[name] ?? null)),
    window.verdict ?? '-',
    causesOf(window).slice(0, CAUSES).join('; '),
  ]);
  return formatTable(columns, rows);
}

/** Verdict and causes of a window, then a line for each method. */
function block(methods: readonly ShownMethod[], window: WindowReport, width: number): string {
  const accuracy = accuracyOf(window);
  const facts = [`${window.rows.toLocaleString('en')} rows`, ...(accuracy === null ? [] : [`accuracy ${accuracy}`])];
  const causes = causesOf(window).slice(0, CAUSES);
  // The method that alarmed comes first.
  const alarmed = methods.filter(({ name }) => name === window.alarmed_by);
  const others = methods.filter(({ name }) => name !== window.alarmed_by);
  const table = formatTable(
    [{ title: 'method' }, ...METHOD_COLUMNS],
    [...alarmed, ...others].map(({ name, title }) => [title, ...methodCells(window.methods[name] ?? null)]),
  );
  return [
    wrapped(`${printable(window.name)}: ${window.verdict ?? 'no verdict'} (${facts.join(', ')})`, width, '  '),
    ...causes.map((cause) => wrapped(`  cause: ${printable(cause)}`, width, '    ')),
    table.replace(/^/gm, '  '),
  ].join('\n');
}

function accuracyOf({ accuracy, estimated_accuracy: estimate }: WindowReport): string | null {
  if (accuracy !== null) return `${(100 * accuracy).toFixed(2)} %`;
  if (estimate === null) return null;
  return estimate.low === null ? `≤${(100 * estimate.high).toFixed(0)} %` : `~${(100 * estimate.value).toFixed(0)} %`;
}

function causesOf({ verdict, causes }: WindowReport): readonly string[] {
  return verdict === 'drift' ? (causes ?? []) : [];
}

function methodCells(report: MethodReport | null): string[] {
  if (report === null) return ['-', '', ''];
  const { value, band } = report;
  const p = decidingP(report);
  return [
    digitsOf(value),
    band ? `${digitsOf(band[0])}-${digitsOf(band[1])}` : '',
    p === null ? '' : digitsOfChance(p),
  ];
}

/** What methods take that were asked for and say nothing of any window. */
function notComputed(methods: readonly string[], windows: readonly WindowReport[]): string[] {
  return METHODS.filter(({ name }) => methods.includes(name))
    .filter(({ name }) => windows.every((window) => window.methods[name] === null))
    .map(({ title, takes }) => `${title.charAt(0).toUpperCase()}${title.slice(1)} is not computed: it takes ${takes}.`);
}

function notes(
  baseline: DriftReport['baseline'],
  settings: DriftReport['settings'],
  windows: readonly WindowReport[],
): string[] {
  const { methods, alpha, detect, adjust, threshold } = settings;
  const isVote = isOneTest(settings);
  const lines: string[] = [];
  if (windows.some(({ accuracy, estimated_accuracy: estimate }) => accuracy === null && estimate !== null)) {
    lines.push(
      'Accuracy with ~ is estimated from confidence, without labels; of a window that drifted, only what it hardly exceeds (≤).',
    );
  }
  const js = windows.find((window) => window.methods['js'])?.methods['js'];
  if (methods.includes('js') && js) {
    const maximum = js.base === 'e' ? '0.8326 (natural logarithm)' : '1 (logarithm to base 2)';
    const [clusters, rows] = [baseline.clusters, baseline.rows.toLocaleString('en')];
    lines.push(
      `JS distance: Jensen-Shannon, over ${clusters} clusters of ${rows} baseline rows, from 0 to ${maximum}.`,
    );
  }
  const tests = [
    ...(adjust !== null && windows.length > 1 ? [`${windows.length} windows`] : []),
    ...(methods.length > 1
      ? [isVote ? `the methods that vote (${methods.join(', ')})` : `${methods.length} methods`]
      : []),
  ];
  const adjusted = tests.length === 0 ? '' : `, adjusted for ${tests.join(' and ')}`;
  lines.push(`p: chance of such a value without drift${adjusted}; drift is p <= ${alpha}.`);
  if (windows.length > 1) lines.push(falseAlarms(windows.length, alpha, adjust));
  if (methods.length > 1 && !isVote) lines.push(...alarms(windows));
  if (!isVote) lines.push(...notComputed(methods, windows));
  lines.push(...belowThreshold(windows, threshold, alpha));
  lines.push(...worthOfRows(baseline, windows), ...tooSmall(baseline));
  for (const { name, images } of windows) {
    for (const finding of images?.findings ?? []) lines.push(`${printable(name)}: ${finding}.`);
  }
  for (const { name, verdict, rows, effective_rows: effective, effective_by: by, rows_needed: needed } of windows) {
    if (verdict !== 'too few rows') continue;
    const like = (count: number) => (by === null ? count.toLocaleString('en') : rowsLikeThese(count, rows, effective));
    const enough = needed === null ? 'no number of' : like(needed);
    lines.push(
      `${printable(name)}: ${enough} rows would be enough to see a distance of ${detect} (base 2) four times in five.`,
    );
  }
  return lines;
}

/** Windows that the lines about dependent rows name. */
const WORTH_NAMED = 3;

/** What rows are worth, where some hang together. */
function worthOfRows(baseline: DriftReport['baseline'], windows: readonly WindowReport[]): string[] {
  const all = [{ name: 'Baseline', ...baseline }, ...windows];
  const lines = all.flatMap(({ name, rows, effective_rows: effective, effective_by: by }) => {
    const words = worthWords(effective, by);
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

/** How many false alarms to expect. */
function falseAlarms(windows: number, alpha: number, adjust: DriftReport['settings']['adjust']): string {
  if (adjust !== null) return `Of the windows called drift, at most ${100 * alpha} % are expected to be false alarms.`;
  const expected = Number((windows * alpha).toPrecision(2)).toLocaleString('en');
  return `If none of the ${windows.toLocaleString('en')} windows had drifted, ${expected} would be called drift by chance.`;
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

/** The numbers that Fiddler will chart, beside ours where there are any. */
export function fiddlerTable(
  { centroids, feature, clusters, baseline_rows: rows, windows }: ExpectedNumbers,
  report: DriftReport,
): string {
  const number = (value: number | undefined) => value?.toFixed(4) ?? '-';
  const right = { align: 'right' } as const;
  const columns: Column[] = [
    { title: 'window' },
    { title: 'rows', ...right },
    { title: 'Fiddler JSD', ...right },
    { title: 'Fiddler PSI', ...right },
    { title: 'our JS distance', ...right },
    { title: 'our PSI', ...right },
  ];
  const lines = windows.map(({ name, rows: counted, jsd, psi }) => {
    const ours = report.windows.find((window) => window.name === name)?.methods;
    return [
      name,
      counted.toLocaleString('en'),
      number(jsd),
      number(psi),
      number(ours?.['js']?.value),
      number(ours?.['psi']?.value),
    ];
  });
  return [
    formatTable(columns, lines),
    '',
    `Fiddler: what it will chart for ${printable(feature)}, by its own ${clusters} centroids (${printable(centroids)}) over ${rows.toLocaleString('en')} baseline rows;`,
    'JSD: square root, natural logarithm; PSI: one row more in every bin. Ours is by the clusters of the profile.',
  ].join('\n');
}
