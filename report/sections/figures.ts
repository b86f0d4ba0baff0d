/** The frames that the script draws into. Headings and texts are in the page; charts and pictures follow. */
import { plural } from '../format.js';
import { type Fragment, html } from '../html.js';
import type { ReportData } from '../report-data.js';
import { foldedSection } from './folded.js';

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
