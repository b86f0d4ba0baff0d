import type { Verdict } from '../../drift/index.js';
import { verdictStyle } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportedMethod } from '../report-data.js';

/** Title and class of the cells. In a card the title comes before each cell, except the first and `bare` ones. */
export type StackedColumn = readonly [title: string, name: string, bare?: 'bare'];

/** From so many rows on, a table scrolls in a box of its own, so that what follows stays within reach. */
const LONG = 40;

export function stackedTable(
  name: string,
  label: string,
  columns: readonly StackedColumn[],
  rows: readonly (readonly Content[])[],
  rowName: (row: number) => string = () => '',
): Fragment {
  const long = rows.length >= LONG ? ' table-long' : '';
  return html`<div class="table-box${long}" role="region" aria-label="${label}" tabindex="0"><table class="stacked ${name}" role="table"><caption><span class="vh">${label}</span></caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    ([title, name]) => html`<th role="columnheader" scope="col" class="${name}">${title}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (
      cells,
      row,
    ) => html`<tr role="row" class="${rowName(row)}">${cells.map((cell, i) => tableCell(cell, columns[i]!, i))}</tr>
`,
  )}</tbody></table></div>`;
}

function tableCell(cell: Content, [title, name, bare]: StackedColumn, column: number): Fragment {
  if (column === 0) return html`<th role="rowheader" scope="row" class="${name}">${cell}</th>`;
  return html`<td role="cell" class="${name}" data-label="${bare === undefined ? title : ''}">${cell}</td>`;
}

/** A section that is folded until a reader opens it, so that the page is a few screens long. Paper has all of it. */
interface FoldedSection {
  id: string;
  title: string;
  /** What is inside, in a few words. */
  hint: Content;
  body: Content;
}

export function foldedSection({ id, title, hint, body }: FoldedSection): Fragment {
  return html`<section id="${id}" class="folded" aria-labelledby="${id}-title">
<details><summary><h2 id="${id}-title">${title}</h2><span class="hint">${hint}</span></summary>
${body}
</details></section>`;
}

/** The mark of a verdict: shape, colour and word. */
export function verdictIcon(verdict: Verdict | null): Fragment {
  const { key, path } = verdictStyle(verdict);
  return html`<svg class="icon icon-${key}" viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
}

export function verdictBadge(verdict: Verdict | null): Fragment {
  const { key, word } = verdictStyle(verdict);
  return html`<span class="badge badge-${key}">${verdictIcon(verdict)}<span>${word}</span></span>`;
}

/**
 * A value with its confidence interval and the range without drift. Screen readers skip it: the numbers are beside it.
 * Drawn with attributes only, because the policy forbids inline styles.
 */
const WIDTH = 180;
const HEIGHT = 18;
const MIDDLE = HEIGHT / 2;
/** Room for the mark at either end. */
const MARGIN = 7;
const MARK = 11;

/** Largest number that any of the gauges has to show. */
export function gaugeScale(reports: readonly ReportedMethod[]): number {
  const numbers = reports.flatMap(({ value, high, band }) => [value, high, band?.[1]]);
  return Math.max(0, ...(numbers.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[]));
}

/** @param scale from `gaugeScale`; nothing is drawn if it is 0 or the value is not known */
export function gauge(report: ReportedMethod, scale: number): Fragment | null {
  const { value, low, high, band, verdict } = report;
  if (!(scale > 0) || !Number.isFinite(value)) return null;
  const x = (number: number) => round(MARGIN + Math.min(Math.max(number / scale, 0), 1) * (WIDTH - 2 * MARGIN));
  const { key, path } = verdictStyle(verdict);
  const size = MARK / 16;
  return html`<svg class="gauge" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
<line class="gauge-line" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${MIDDLE}" y2="${MIDDLE}"/>
${band === null ? null : bar('gauge-band', x(band[0]), x(band[1]), HEIGHT - 4)}
${low === null || high === null ? null : bar(`gauge-interval fill-${key}`, x(low), x(high), 2)}
<path class="gauge-mark fill-${key}" d="${path}" transform="translate(${round(x(value) - MARK / 2)} ${
    MIDDLE - MARK / 2
  }) scale(${size})"/></svg>`;
}

function bar(name: string, from: number, to: number, thickness: number): Fragment {
  const y = MIDDLE - thickness / 2;
  const width = round(Math.max(to - from, 1));
  return html`<rect class="${name}" x="${from}" width="${width}" y="${y}" height="${thickness}" rx="1"/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
