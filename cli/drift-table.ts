/** A drift report as a table for people: a line a window. */
import type { DriftReport, WindowReport } from '../drift/index.js';
import { type Column, formatTable } from './table.js';

const COLUMNS: readonly Column[] = [
  { title: 'window' },
  { title: 'rows', align: 'right' },
  { title: 'accuracy', align: 'right' },
  { title: 'JS distance', align: 'right' },
];

/** Accuracy in percent, `-` without labels; distances with four decimals, their base and maximum under the table. */
export function driftTable({ baseline, windows }: DriftReport): string {
  const base = windows[0]?.methods['js']?.base ?? 'e';
  const maximum = base === 'e' ? '0.8326, natural logarithm' : '1, logarithm to base 2';
  return [
    formatTable(COLUMNS, windows.map(row)),
    '',
    `JS: Jensen-Shannon distance over ${baseline.clusters} clusters of ${baseline.rows.toLocaleString('en')} baseline rows; ` +
      `0 is no difference, the most is ${maximum}.`,
  ].join('\n');
}

function row({ name, rows, accuracy, methods }: WindowReport): string[] {
  return [
    name,
    rows.toLocaleString('en'),
    accuracy === null ? '-' : `${(100 * accuracy).toFixed(2)} %`,
    methods['js']?.value.toFixed(4) ?? '-',
  ];
}
