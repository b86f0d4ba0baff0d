/** The frames that the script draws into. Headings and texts are in the page; charts and pictures follow. */
import { formatCount, formatPercent, formatValue, NOT_KNOWN, plural, shorten } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportData } from '../report-data.js';
import type { Exemplar, UnlikeImages, UnlikeRow } from '../section-data.js';
import { foldedSection, type StackedColumn, stackedTable } from './parts.js';

export function distanceSection({ drift, methods }: ReportData): Fragment | null {
  if (drift.windows.length === 0 || methods.length === 0) return null;
  return html`<section id="distance" aria-labelledby="distance-title">
<h2 id="distance-title">Distance over time</h2>
<p>Each mark is a window, its line the confidence interval; the shaded band is where values lie without drift, at that
window’s number of rows.</p>
<div class="charts" data-distance-charts></div>
</section>`;
}

export function closerLookSection({ drift }: ReportData): Fragment | null {
  if (drift.windows.length === 0) return null;
  return html`<section id="closer-look" aria-labelledby="closer-look-title" tabindex="-1">
<h2 id="closer-look-title">A closer look</h2>
<div data-closer-look></div>
</section>`;
}

export function spaceSection({ projection }: ReportData): Fragment | null {
  if (projection === null || projection.points.length === 0) return null;
  return foldedSection({
    id: 'space',
    title: 'The embeddings in space',
    hint: `${plural(projection.points.length, 'image')} in three dimensions, by set, class or confidence`,
    body: html`<p>Every point is an image; images that the network finds alike lie close together. Point at one to see it,
click to keep it.</p>
<div data-space></div>`,
  });
}

/** The images of drifted windows that are most unlike the baseline. The script shows them; here they are as tables. */
const NAME_LENGTH = 80;

export function unlikeSection({ drift, windows }: ReportData): Fragment | null {
  const shown = windows.flatMap(({ unlike }, i) => (unlike === null ? [] : [{ name: drift.windows[i]!.name, unlike }]));
  if (shown.length === 0) return null;
  const drifted = drift.windows.filter(({ verdict }) => verdict === 'drift').length;
  const others = drifted - shown.length;
  return html`<section id="look" aria-labelledby="look-title">
<h2 id="look-title">Images to look at</h2>
<p>The images that a drifted window repeats, and those that are most unlike the baseline; where image statistics raised the alarm, those that show its
cause most. Each is beside the baseline image that the network finds most similar.${others > 0 ? ` The worst ${shown.length} of ${drifted} drifted windows; drift --ranked lists the images of all.` : null}</p>
<div data-unlike></div>
<details class="long"><summary>The lists as tables</summary>
${shown.map(({ name, unlike }) => html`<h3>${shorten(name, NAME_LENGTH)}</h3><p class="note">${lookedAt(unlike)}</p>${table(name, unlike)}`)}
</details></section>`;
}

function lookedAt({ rows, of, by }: UnlikeImages): string {
  const chosen = by ? `with ${by}` : `that ${rows.length === 1 ? 'is' : 'are'} most unlike the baseline`;
  return `The ${plural(rows.length, 'image')} ${chosen}, of ${formatCount(of)} that were looked at.`;
}

function table(name: string, { rows, by }: UnlikeImages): Fragment {
  const columns: StackedColumn[] = [
    ['Image', 'c-window'],
    ['Predicted', 'c-text'],
    ['Label', 'c-text'],
    ['Distance', 'c-text'],
    ['Nearest in the baseline', 'c-text'],
  ];
  return stackedTable(
    'unlike-table',
    `Images of ${shorten(name, NAME_LENGTH)} ${by ? `with ${by}` : 'that are most unlike the baseline'}`,
    columns,
    rows.map(cellsOf),
  );
}

function cellsOf({ image, times, nearest, nearestRow, distance, share, location, confidence }: UnlikeRow): Content[] {
  const sure = confidence === null ? '' : ` (${formatPercent(confidence, 0)})`;
  const place =
    location === null || location === image.label ? null : html`<small>${shorten(location, 2 * NAME_LENGTH)}</small>`;
  return [
    html`${shorten(image.label, NAME_LENGTH)}${times === 1 ? null : html`<small>${formatCount(times)} times in this window</small>`}${place}`,
    image.predicted === null ? NOT_KNOWN : `${shorten(image.predicted, NAME_LENGTH)}${sure}`,
    image.target === null ? NOT_KNOWN : shorten(image.target, NAME_LENGTH),
    html`${formatValue(distance)}<small>${rarity(share)}</small>`,
    nearest === null ? `row ${formatCount(nearestRow)}` : nearestName(nearest),
  ];
}

function nearestName({ label, predicted }: Exemplar): string {
  return `${shorten(label, NAME_LENGTH)}${predicted === null ? '' : `, predicted ${shorten(predicted, NAME_LENGTH)}`}`;
}

/** How unusual so large a distance is in the baseline itself. */
function rarity(share: number): string {
  return `${formatPercent(share, share < 0.01 ? 1 : 0)} of the baseline’s images are as unusual`;
}
