/** The pages of labels, each one file: images to label, and images that two models predict otherwise. */
import { html } from './html.js';
import { smallPage } from './self-contained.js';

export interface LabelsPage {
  /** Says whose labels the browser keeps: another plan begins anew. */
  plan: string;
  classes: readonly string[];
  images: readonly LabelledImage[];
}

export interface LabelledImage {
  id: string | null;
  image: string | null;
  /** Data URI; null where there is no picture. */
  picture: string | null;
}

/** It does not show what the model says: who sees it first labels less well. */
export function labelsPage(data: LabelsPage): string {
  const body = html`<h1>${data.images.length} images to label</h1>
<noscript><p>Labelling takes scripts, which are off.</p></noscript>
<div data-labels></div>`;
  return smallPage({ title: 'Images to label', bundle: 'labels', body, data });
}

export interface FlipsPage {
  verdict: string;
  /** Which tables were compared, in a sentence. */
  models: string;
  /** A header, and rows of cells. */
  table: readonly (readonly string[])[];
  notes: readonly string[];
  flips: readonly { picture: string | null; name: string; words: string; truth: string }[];
  /** How many there are in all. */
  of: number;
}

export function flipsPage({ verdict, models, table: [header = [], ...rows], notes, flips, of }: FlipsPage): string {
  const cell = (text: string, column: number) => html`<td data-label="${header[column + 1]!}">${text}</td>`;
  const body = html`<h1>${verdict}</h1>
<p>${models}</p>
<div class="scrolls" tabindex="0" role="region" aria-label="All images and segments">
<table><thead><tr>${header.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([name = '', ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map(cell)}</tr>`)}</tbody></table></div>
${notes.map((note) => html`<p class="note">${note}</p>`)}
<h2>${flips.length} of ${of} images with another prediction</h2>
<p class="note">Old → new. Those that became wrong come first, then those that became right; those without a label come last.</p>
<ul class="flips">${flips.map(
    ({ picture, name, words, truth }) =>
      html`<li>${
        picture === null ? html`<p class="missing">no picture</p>` : html`<img src="${picture}" alt="${name}">`
      }<p>${words}</p><p class="note">${truth}</p><small>${name}</small></li>`,
  )}</ul>`;
  return smallPage({ title: verdict, bundle: 'labels', body, data: null });
}
