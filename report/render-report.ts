/**
 * Renders the report as one self-contained HTML file that fetches nothing, as its policy ensures. All text and tables
 * can be read without the script, which adds charts, pictures and the 3-D view.
 */
import { formatTime } from './format.js';
import { headlineText } from './headline.js';
import { Fragment, html } from './html.js';
import { pageDataOf } from './page-data.js';
import type { ReportData } from './report-data.js';
import { answerSection } from './sections/cards.js';
import { drillSection } from './sections/drill.js';
import { explainedSection } from './sections/explained.js';
import { closerLookSection, distanceSection, spaceSection, unlikeSection } from './sections/figures.js';
import { imagesSection } from './sections/images.js';
import { methodsSection, provenanceSection } from './sections/methods.js';
import { segmentsSection } from './sections/segments.js';
import { windowsSection } from './sections/windows.js';
import { checkPicture, embeddedJson, pageAssets, pageHead } from './self-contained.js';

/** @throws TypeError if the thumbnails are not a picture in a data URI, or windows do not match: bugs of the caller */
export function renderReport(data: ReportData): string {
  check(data);
  const { script, style } = pageAssets('client');
  const sections: [id: string, name: string, section: Fragment | null][] = [
    ['answer', 'Answer', answerSection(data)],
    ['explained', 'Cause', explainedSection(data)],
    ['look', 'Images', unlikeSection(data)],
    ['windows', 'Windows', windowsSection(data)],
    ['segments', 'Segments', segmentsSection(data)],
    ['distance', 'Distance', distanceSection(data)],
    ['closer-look', 'Closer look', closerLookSection(data)],
    ['images', 'Duplicates', imagesSection(data)],
    ['space', 'Embeddings', spaceSection(data)],
    ['methods', 'Methods', methodsSection(data)],
    ['drill', 'Drill', drillSection(data.drill, data.methods)],
    ['run', 'What was run', provenanceSection(data)],
  ];
  const shown = sections.filter(([, , section]) => section !== null);
  return html`<!doctype html>
<html lang="en">
${pageHead(headlineText(data), script, style)}
<body>
<a class="skip" href="#main">Skip to the answer</a>
<header class="masthead">
<p class="brand">image-drift <span class="made">${formatTime(data.made)}</span></p>
<nav class="sections" aria-label="Sections"><ul>${shown.map(
    ([id, name]) => html`<li><a href="#${id}">${name}</a></li>`,
  )}</ul></nav>
<div data-theme-switch></div>
</header>
<main id="main" tabindex="-1">
<noscript><p class="notice">Scripts are off: the numbers are all here, the charts, pictures and the 3-D view are not.</p></noscript>
${shown.map(([, , section]) => section)}
</main>
<footer><p>Made by image-drift. This file is complete: it opens without a network and sends nothing.</p></footer>
<script type="application/json" id="report-data">${embeddedJson(pageDataOf(data))}</script>
<script>${new Fragment(script)}</script>
</body>
</html>
`.text;
}

function check({ thumbnails, pictures, remade, drift, windows }: ReportData): void {
  for (const [name, sheet] of Object.entries({ thumbnails, pictures, remade })) {
    if (sheet !== null) checkPicture(sheet.uri, name);
  }
  if (windows.length !== drift.windows.length) {
    throw new TypeError(`${windows.length} windows to show, ${drift.windows.length} in the drift report`);
  }
}
