/** A drift report as a table for people: a line a window. */

import { type DriftReport, METHODS, type MethodReport, type WindowReport } from '../drift/index.js';
import { printable } from '../errors/index.js';
import type { ExpectedNumbers } from '../publish/index.js';
import { digitsOf, digitsOfChance } from '../report/numbers/index.js';
import { type Column, formatTable } from './table.js';

/** Accuracy in percent, `-` without labels; for each method the value, and in brackets where it lies without drift. */
export function driftTable({ baseline, settings, windows }: DriftReport): string {
  const methods = METHODS.filter(({ name }) => settings.methods.includes(name));
  const columns: Column[] = [
    { title: 'window' },
    { title: 'rows', align: 'right' },
    { title: 'accuracy', align: 'right' },
    ...methods.flatMap(({ title }): Column[] => [
      { title, align: 'right' },
      { title: 'without drift' },
      { title: 'p' },
    ]),
    { title: 'verdict' },
    { title: 'cause' },
  ];
  const rows = windows.map((window) => [
    window.name,
    window.rows.toLocaleString('en'),
    window.accuracy === null ? '-' : `${(100 * window.accuracy).toFixed(2)} %`,
    ...methods.flatMap(({ name }) => methodCells(window.methods[name] ?? null)),
    window.verdict ?? '-',
    window.verdict === 'drift' ? (window.causes ?? []).slice(0, 2).join('; ') : '',
  ]);
  return [formatTable(columns, rows), '', ...notes(baseline, settings, windows)].join('\n');
}

function methodCells(report: MethodReport | null): string[] {
  if (report === null) return ['-', '', ''];
  const { value, band, p_adjusted: p } = report;
  return [
    digitsOf(value),
    band ? `${digitsOf(band[0])}-${digitsOf(band[1])}` : '',
    p === null ? '' : digitsOfChance(p),
  ];
}

function notes(
  baseline: DriftReport['baseline'],
  { methods, alpha, detect }: DriftReport['settings'],
  windows: readonly WindowReport[],
): string[] {
  const lines: string[] = [];
  const js = windows.find((window) => window.methods['js'])?.methods['js'];
  if (methods.includes('js') && js) {
    const maximum = js.base === 'e' ? '0.8326 (natural logarithm)' : '1 (logarithm to base 2)';
    const [clusters, rows] = [baseline.clusters, baseline.rows.toLocaleString('en')];
    lines.push(
      `JS distance: Jensen-Shannon, over ${clusters} clusters of ${rows} baseline rows, from 0 to ${maximum}.`,
    );
  }
  const tests = [
    ...(windows.length > 1 ? [`${windows.length} windows`] : []),
    ...(methods.length > 1 ? [`${methods.length} methods`] : []),
  ];
  const adjusted = tests.length === 0 ? '' : `, adjusted for ${tests.join(' and ')}`;
  lines.push(`p: chance of such a value without drift${adjusted}; drift is p <= ${alpha}.`);
  if (methods.length > 1) lines.push(...alarms(windows));
  for (const { name, verdict, rows_needed: needed } of windows) {
    if (verdict !== 'too few rows') continue;
    const enough =
      needed === null ? 'no number of rows would be enough' : `${needed.toLocaleString('en')} rows would be enough`;
    lines.push(`${printable(name)}: ${enough} to see a distance of ${detect} (base 2) four times in five.`);
  }
  return lines;
}

/** Which methods found drift, with the chance of each: of several columns, any one may be the cause of a verdict. */
function alarms(windows: readonly WindowReport[]): string[] {
  return windows.flatMap(({ name, methods }) => {
    const found = METHODS.flatMap(({ name: method, title }) => {
      const report = methods[method];
      if (report?.verdict !== 'drift') return [];
      const p = report.p_adjusted === null ? '' : ` (p ${digitsOfChance(report.p_adjusted).replace(/^(?=\d)/, '= ')})`;
      return [`${title}${p}`];
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
