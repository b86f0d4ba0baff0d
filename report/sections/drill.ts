/** "Would I notice?": the level from which each method detects each corruption, and the accuracy at that level. */

import { formatCount, formatPercent, NOT_KNOWN, plural } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportMethod } from '../report-data.js';
import type { DrillRow, DrillTable } from '../section-data.js';
import { foldedSection, type StackedColumn, stackedTable } from './parts.js';

const LEVELS = 5;

export function drillSection(drill: DrillTable | null, methods: readonly ReportMethod[]): Fragment | null {
  if (drill === null || drill.rows.length === 0 || drill.windowSizes.length === 0) return null;
  const names = [...new Set(drill.rows.flatMap(({ seenFrom }) => seenFrom.map(({ method }) => method)))];
  return foldedSection({
    id: 'drill',
    title: 'Would I notice?',
    hint: `${plural(drill.rows.length, 'corruption')} at five levels`,
    body: html`<p>${formatCount(drill.images)} images were corrupted at five levels. A mark stands at each level that a method detects in at
least 80 % of windows. Fewer marks mean that only stronger corruptions are detected.${drill.profileSha256 === null ? ' The drill does not say of which baseline it is.' : ''}</p>
<div class="drill-sizes" data-drill-sizes>${drill.windowSizes.map(
      (size, i) => html`<div class="drill-size" data-size="${i}" data-label="${formatCount(size)} rows">
<h3>Windows of ${formatCount(size)} rows</h3>${sizeTable(drill.rows, i, names, methods)}</div>
`,
    )}</div>`,
  });
}

function sizeTable(
  rows: readonly DrillRow[],
  size: number,
  names: readonly string[],
  methods: readonly ReportMethod[],
): Fragment {
  const titles = names.map((name) => methods.find((method) => method.name === name)?.title ?? name);
  const columns: StackedColumn[] = [
    ['Corruption', 'c-window'],
    ...titles.map((title) => [title, 'c-level'] as const),
    ['Accuracy at level 1 to 5', 'c-levels'],
  ];
  return stackedTable(
    'drill-table',
    'Lowest level that is seen, by corruption and method',
    columns,
    rows.map((row) => [
      row.corruption,
      ...names.map((name) => levelCell(row.seenFrom.find(({ method }) => method === name)?.levels[size])),
      accuracies(row.accuracy),
    ]),
  );
}

/** @param level lowest level that is detected; null for none, undefined if it was not tried */
function levelCell(level: number | null | undefined): Content {
  if (level === undefined) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const pips = Array.from({ length: LEVELS }, (_, i) => {
    const seen = level !== null && i + 1 >= level;
    return html`<rect class="${seen ? 'pip-seen' : 'pip-missed'}" x="${i * 11 + 0.5}" y="0.5" width="9" height="11" rx="1.5"/>`;
  });
  const words = level === null ? 'not seen' : level === 1 ? 'from level 1' : `from level ${level}`;
  return html`<span class="level heat-${level ?? 'none'}"><svg class="pips" viewBox="0 0 54 12" aria-hidden="true">${pips}</svg><span>${words}</span></span>`;
}

function accuracies(levels: readonly (number | null)[]): Content {
  if (levels.every((share) => share === null)) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  return html`<ol class="levels">${levels.map(
    (share) => html`<li>${share === null ? '–' : formatPercent(share, 0)}</li>`,
  )}</ol>`;
}
