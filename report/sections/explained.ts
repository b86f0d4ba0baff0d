/** What `explain` found: each window's cause in words, the accuracy read off, and images, which the script shows. */

import { formatCount, formatPercent, keepTogether, plural, sentence, shorten } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportData, ReportedWindow } from '../report-data.js';
import type { Explained, RemadeCause, TriedCauses } from '../section-data.js';
import { type StackedColumn, stackedTable } from './parts.js';

const NAME_LENGTH = 80;
/** With a thousand classes, their table would be most of the page. */
const MOST_CLASSES = 20;

const VERDICTS: Readonly<Record<Explained['verdict'], string>> = {
  explained: 'explained',
  partly: 'partly explained',
  unexplained: 'not explained',
  unchanged: 'unchanged',
};

export function explainedSection({ drift, windows, notExplained }: ReportData): Fragment | null {
  const shown = windows.flatMap(({ explained }, i) => (explained === null ? [] : [{ explained, i }]));
  if (shown.length === 0 && notExplained.length === 0) return null;
  return html`<section id="explained" aria-labelledby="explained-title">
<h2 id="explained-title">What happened</h2>
<p>Causes were made again on labelled images of the baseline, until these could not be told from the window. Such a cause
suffices, and the accuracy with it is read off their labels. AUC is how well the two can be told apart: 0.5 is not at all, 1 is
always.</p>
${shown.map(({ explained, i }) => (explained.verdict === 'unchanged' ? unchanged : card)(drift.windows[i]!, explained, i))}
${notExplained.map(({ name, reason }) => html`<p class="note">${shorten(name, NAME_LENGTH)} was not looked at: ${reason}.</p>`)}
</section>`;
}

/** A line: there is nothing to look at. */
function unchanged({ name }: ReportedWindow, { accuracy, auc, warnings }: Explained): Fragment {
  const claim =
    accuracy === null
      ? 'Its images can be told from the baseline a little, so no accuracy is claimed'
      : `Accuracy ${formatPercent(accuracy.value)} (${range(accuracy)}), as that of the baseline`;
  return html`<p class="explained-unchanged"><b>${shorten(name, NAME_LENGTH)}</b>: the drift test sees no change (AUC ${auc.toFixed(3)}). ${claim}.${warnings.map(
    (warning) => ` ${sentence(warning)}.`,
  )}</p>`;
}

function card({ name, accuracy: measured }: ReportedWindow, explained: Explained, index: number): Fragment {
  const { verdict, causes, pairs, warnings } = explained;
  const title = `explained-${index}`;
  return html`<article class="explained explained-${verdict}" aria-labelledby="${title}">
<h3 id="${title}">${shorten(name, NAME_LENGTH)} <span class="explained-verdict">${VERDICTS[verdict]}</span></h3>
<p class="explained-cause">${causes.length === 0 ? html`<strong>No cause of the library makes it again</strong>` : causeLines(causes)}</p>
${facts(explained, measured)}
${warnings.map((warning) => html`<p class="notice">${sentence(warning)}.</p>`)}
${pairs.length === 0 ? null : html`<div data-remade="${index}"></div>`}
${more(explained, shorten(name, NAME_LENGTH))}
</article>`;
}

function causeLines(causes: readonly RemadeCause[]): Content {
  const names = sentence(causes.map(({ name }) => name).join(', and '));
  return html`<strong>${names}</strong> <span>${makings(causes)}</span>`;
}

/** `brightness (factor), factor 0.389, in 42 % of the images` */
function makings(causes: readonly RemadeCause[]): string {
  const share = causes[0]!.share;
  const part = share < 1 ? `, in ${formatPercent(share, 0)} of the images` : '';
  return `${causes.map(({ making }) => making).join('; ')}${part}`;
}

function facts(explained: Explained, measured: number | null): Fragment {
  const { auc, cleanAuc, causes } = explained;
  const isNamed = causes.length > 0;
  return html`<dl class="explained-facts">
<div><dt>Accuracy, read off</dt><dd>${claim(explained)}${
    measured === null ? null : html`<small>; its own labels say ${formatPercent(measured)}</small>`
  }</dd></div>
<div><dt>Told from the baseline</dt><dd><b>AUC ${cleanAuc.toFixed(3)}</b>${
    isNamed ? html` <small>and with the cause <b>${auc.toFixed(3)}</b></small>` : null
  }</dd></div>
</dl>`;
}

function claim({ accuracy, baseline }: Explained): Fragment {
  if (accuracy === null) return html`<b>not claimed</b> <small>nothing suffices</small>`;
  const before = `${formatPercent(baseline.accuracy)} without the cause`;
  return html`<b>${formatPercent(accuracy.value)}</b> <small>${range(accuracy)}, by ${plural(baseline.rows, 'labelled image')} of the baseline; ${before}</small>`;
}

function range({ low, high }: { low: number; high: number }): string {
  return keepTogether(`${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`);
}

function more({ tried, classes }: Explained, window: string): Fragment | null {
  if (tried.length === 0 && classes === null) return null;
  return html`<details class="long"><summary>What was tried, and the accuracy of each class</summary>
${tried.length === 0 ? null : triedTable(tried, window)}
${classes === null ? null : classTable(classes, window)}
</details>`;
}

function triedTable(tried: readonly TriedCauses[], window: string): Fragment {
  const columns: StackedColumn[] = [
    ['Made again', 'c-window'],
    ['AUC', 'c-text'],
    ['Suffices', 'c-text'],
    ['Accuracy if so', 'c-text'],
  ];
  const rows = tried.map(({ causes, auc, suffices, accuracy }) => [
    makings(causes),
    auc.toFixed(3),
    suffices ? 'yes' : 'no',
    suffices ? `${formatPercent(accuracy.value)} (${range(accuracy)})` : 'not claimed',
  ]);
  return stackedTable('explained-table', `Causes that were tried for ${window}`, columns, rows);
}

/** All classes, or of many those with the lowest accuracy. */
function classTable(classes: NonNullable<Explained['classes']>, window: string): Fragment {
  const columns: StackedColumn[] = [
    ['Class', 'c-window'],
    ['Accuracy with the cause', 'c-text'],
    ['Labelled images', 'c-text'],
  ];
  const isMany = classes.length > MOST_CLASSES;
  const shown = isMany ? [...classes].sort((a, b) => a.accuracy - b.accuracy).slice(0, MOST_CLASSES) : classes;
  const rows = shown.map(({ name, rows: count, accuracy }) => [
    shorten(name, NAME_LENGTH),
    formatPercent(accuracy),
    formatCount(count),
  ]);
  const note = `The ${MOST_CLASSES} of ${formatCount(classes.length)} classes with the lowest accuracy. explain --json has all.`;
  return html`${isMany ? html`<p class="note">${note}</p>` : null}${stackedTable(
    'explained-table',
    `Accuracy of each class of ${window}, read off`,
    columns,
    rows,
  )}`;
}
