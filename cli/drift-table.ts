/** A drift report for people: a line for each window, or a block where the terminal is too narrow for that. */

import { printable } from '../base/index.js';
import {
  type DriftReport,
  isHurt,
  METHODS,
  type MethodReport,
  type SegmentReport,
  type WindowReport,
} from '../drift/index.js';
import type { ExpectedNumbers } from '../fiddler/publish/index.js';
import {
  accuracyWords,
  decidingP,
  digitsOf,
  digitsOfChance,
  percent,
  rangeWords,
  together,
} from '../report/numbers/index.js';
import { isOneTest, notes } from './drift-notes.js';
import { displayWidth, formatTable, wrapped } from './table.js';

type ShownMethod = Pick<(typeof METHODS)[number], 'name' | 'title'>;

/** Lines of several methods that were asked for are not longer, wherever they go; they are in blocks instead. */
const WIDEST = 100;
const CAUSES = 2;

/**
 * Accuracy in percent: measured with its 95 % interval, estimated (`~`, `≤`) or `-`; for each method its value, and its range without drift.
 * @param width characters in a line
 * @param remade by window, causes made again that suffice: they count as the cause, and what the statistics say as seen
 */
export function driftTable(
  report: DriftReport,
  width: number = Number.POSITIVE_INFINITY,
  remade: ReadonlyMap<string, string> = new Map(),
): string {
  const { settings } = report;
  const windows = report.windows.map((window) => withRemade(window, remade.get(window.name)));
  const methods = METHODS.filter(({ name }) => settings.methods.includes(name));
  const table = isOneTest(settings) ? headlines(methods, windows) : oneLineEach(methods, windows);
  const room = methods.length > 1 && !isOneTest(settings) ? Math.min(width, WIDEST) : width;
  const fits = table.split('\n').every((line) => displayWidth(line) <= room);
  const shown = fits ? table : windows.map((window) => block(methods, window, room)).join('\n\n');
  const all = together(windows, settings);
  const said = [...(all === null ? [] : [`${all.answer}.`, `${all.trend}.`]), fallenAccuracy(windows)];
  const lines = said.flatMap((line) => (line === null ? [] : [wrapped(line, width, '  ')]));
  const first = lines.length === 0 ? [] : [...lines, ''];
  const heads = windows.map((window) => headOf(methods, window));
  const remarks = notes(
    report,
    (fits && isOneTest(settings) ? heads : methods).map(({ name }) => name),
  ).map((line) => wrapped(line, width, '  '));
  return [...first, shown, '', ...remarks].join('\n');
}

function withRemade(window: WindowReport, cause: string | undefined): WindowReport {
  if (cause === undefined) return window;
  const seen = (window.causes ?? []).slice(0, 1).map((words) => `seen: ${words}`);
  return { ...window, causes: [cause, ...seen] };
}

/** A line for each window, with the numbers of the method that alarmed; of the first one where none did. */
function headlines(methods: readonly ShownMethod[], windows: readonly WindowReport[]): string {
  const rows = windows.map((window) => {
    const head = headOf(methods, window);
    return rowOf(window, [head.title, ...methodCells(window.methods[head.name] ?? null)]);
  });
  return formatTable(columnsWith(['method', '>value', 'without drift', 'p']), rows);
}

function headOf(methods: readonly ShownMethod[], window: WindowReport): ShownMethod {
  return methods.find(({ name }) => name === window.alarmed_by) ?? methods[0]!;
}

function columnsWith(methods: readonly string[]): string[] {
  return ['window', '>rows', '>accuracy', ...methods, 'verdict', 'cause'];
}

function rowOf(window: WindowReport, methods: readonly string[]): string[] {
  return [
    window.name,
    window.rows.toLocaleString('en'),
    accuracyWords(window) ?? '-',
    ...methods,
    window.verdict ?? '-',
    causesOf(window).slice(0, CAUSES).join('; '),
  ];
}

const FALLEN_NAMED = 3;

/** Labels say more of the model than images. The farthest fall first; null if accuracy fell nowhere. */
function fallenAccuracy(windows: readonly WindowReport[]): string | null {
  const falls = windows.flatMap(({ name, accuracy, accuracy_test: test }) => {
    if (accuracy === null || test?.verdict !== 'lower') return [];
    const p = digitsOfChance(decidingP(test))
      .replace(/^</, '< ')
      .replace(/^(?=\d)/, '= ');
    const words = `${printable(name)} (${(100 * test.baseline).toFixed(1)} → ${(100 * accuracy).toFixed(1)} %, p ${p})`;
    return [{ words, by: test.baseline - accuracy }];
  });
  if (falls.length === 0) return null;
  const fallen = falls.sort((a, b) => b.by - a.by).map(({ words }) => words);
  const more = fallen.length - FALLEN_NAMED;
  const others = more > 0 ? ` and ${more.toLocaleString('en')} more` : '';
  return `Accuracy fell: ${fallen.slice(0, FALLEN_NAMED).join(', ')}${others}.`;
}

function oneLineEach(methods: readonly ShownMethod[], windows: readonly WindowReport[]): string {
  const columns = columnsWith(methods.flatMap(({ title }) => [`>${title}`, 'without drift', 'p']));
  const cellsOf = (window: WindowReport) => methods.flatMap(({ name }) => methodCells(window.methods[name] ?? null));
  return formatTable(
    columns,
    windows.map((window) => rowOf(window, cellsOf(window))),
  );
}

function block(methods: readonly ShownMethod[], window: WindowReport, width: number): string {
  const accuracy = accuracyWords(window);
  const facts = [`${window.rows.toLocaleString('en')} rows`, ...(accuracy === null ? [] : [`accuracy ${accuracy}`])];
  const causes = causesOf(window).slice(0, CAUSES);
  const alarmed = methods.filter(({ name }) => name === window.alarmed_by);
  const others = methods.filter(({ name }) => name !== window.alarmed_by);
  const table = formatTable(
    ['method', '>value', 'without drift', 'p'],
    [...alarmed, ...others].map(({ name, title }) => [title, ...methodCells(window.methods[name] ?? null)]),
  );
  return [
    wrapped(`${printable(window.name)}: ${window.verdict ?? 'no verdict'} (${facts.join(', ')})`, width, '  '),
    ...causes.map((cause) => wrapped(`  cause: ${printable(cause)}`, width, '    ')),
    table.replace(/^/gm, '  '),
  ].join('\n');
}

function causesOf({ verdict, causes }: WindowReport): readonly string[] {
  if (verdict !== 'drift') return [];
  if (causes === null) return ['not looked for'];
  return causes.length > 0 ? causes : ['none found among those with a name'];
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

/** The numbers that Fiddler will chart, beside ours where there are any. */
export function fiddlerTable(
  { centroids, feature, clusters, baseline_rows: rows, windows }: ExpectedNumbers,
  report: DriftReport,
): string {
  const number = (value: number | undefined) => value?.toFixed(4) ?? '-';
  const columns = ['window', '>rows', '>Fiddler JSD', '>Fiddler PSI', '>our JS distance', '>our PSI'];
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

/** Segments of a window that are shown at most, if no more are hurt. */
const SHOWN = 10;

/** Null if nobody asked for segments. */
export function segmentTable({ windows, settings }: DriftReport): string | null {
  if (windows.every(({ segments }) => segments === null)) return null;
  const lines = windows.flatMap(({ name, segments }) =>
    shownOf(segments ?? []).map((segment) => [name, ...cells(segment)]),
  );
  const columns = [
    'window',
    'segment',
    '>rows',
    '>baseline',
    'accuracy',
    'by',
    '>value',
    'without drift',
    'p',
    'verdict',
  ];
  const left = windows.flatMap(({ name, segments }) => {
    const more = (segments ?? []).length - shownOf(segments ?? []).length;
    return more > 0 ? [`${name}: ${more.toLocaleString('en')} more segments without an alarm.`] : [];
  });
  return [
    formatTable(columns, lines),
    '',
    ...left,
    'Segments: each is compared with the same one of the baseline. The value is that of the method that alarmed, else of the clusters.',
    `p is corrected for the number of segments and methods; drift is p <= ${settings.alpha}.`,
  ].join('\n');
}

function shownOf(segments: readonly SegmentReport[]): readonly SegmentReport[] {
  return segments.slice(0, Math.max(SHOWN, segments.filter(isHurt).length));
}

function cells(segment: SegmentReport): string[] {
  const {
    by,
    value,
    rows,
    baseline_rows: before,
    accuracy,
    accuracy_interval: interval,
    accuracy_test: test,
    p,
    verdict,
  } = segment;
  const shown = shownMethod(segment);
  const fell = test?.verdict === 'lower' ? ` (lower; baseline ${percent(test.baseline)})` : '';
  return [
    `${by}=${value}`,
    rows.toLocaleString('en'),
    before.toLocaleString('en'),
    accuracy === null ? '-' : `${percent(accuracy)}${interval ? ` (${rangeWords(interval, '-')})` : ''}${fell}`,
    shown.method,
    shown.value === null ? '-' : digitsOf(shown.value),
    shown.band === null ? '' : `${digitsOf(shown.band[0])}-${digitsOf(shown.band[1])}`,
    p === null ? '' : digitsOfChance(p),
    before === 0 ? 'not in the baseline' : verdict,
  ];
}

/** The numbers of the method that alarmed, or of the clusters. */
function shownMethod({ alarmed_by: method, methods, distance, band }: SegmentReport) {
  const alarm = method === null ? undefined : methods[method];
  return method !== null && alarm ? { method, ...alarm } : { method: 'js', value: distance, band };
}
