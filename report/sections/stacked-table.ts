/**
 * A table that becomes a list of cards on a narrow screen, without scrolling sideways.
 *
 * Cards are made by changing `display`, which in some browsers hides the table from assistive technology. Roles are
 * therefore written out. The style sheet shows a column's name in the card, from `data-label`.
 */
import { type Content, type Fragment, html } from '../html.js';

export interface StackedColumn {
  title: Content;
  /** Shown before the cell in a card; null for none. */
  label: string | null;
  /** Class of the cells. */
  name: string;
}

export interface StackedRow {
  /** Class of the row; may be empty. */
  name: string;
  /** The first one is the header of its row. */
  cells: readonly Content[];
}

/** From so many rows on, a table scrolls in a box of its own, so that what follows stays within reach. */
const LONG = 40;

export function stackedTable(
  name: string,
  label: string,
  columns: readonly StackedColumn[],
  rows: readonly StackedRow[],
): Fragment {
  const long = rows.length >= LONG ? ' table-long' : '';
  return html`<div class="table-box${long}" role="region" aria-label="${label}" tabindex="0"><table class="stacked ${name}" role="table"><caption><span class="vh">${label}</span></caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    (column) => html`<th role="columnheader" scope="col" class="${column.name}">${column.title}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows.map(
    (row) => html`<tr role="row" class="${row.name}">${row.cells.map((cell, i) => tableCell(cell, columns[i]!, i))}</tr>
`,
  )}</tbody></table></div>`;
}

function tableCell(cell: Content, { name, label }: StackedColumn, column: number): Fragment {
  if (column === 0) return html`<th role="rowheader" scope="row" class="${name}">${cell}</th>`;
  return html`<td role="cell" class="${name}" data-label="${label ?? ''}">${cell}</td>`;
}
