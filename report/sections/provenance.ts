/** What was run, so it can be repeated. */
import { formatTime } from '../format.js';
import { type Fragment, html } from '../html.js';
import type { ReportData } from '../report-data.js';

export function provenanceSection({ made, drift: { baseline }, provenance }: ReportData): Fragment {
  const weights = baseline.weights_sha256;
  const told = provenance.some(({ value }) => value === weights);
  const entries = [
    { label: 'Report made', value: formatTime(made) },
    ...(weights === null || told ? [] : [{ label: 'Weights, sha256', value: weights }]),
    ...provenance,
  ];
  return html`<section id="run" aria-labelledby="run-title">
<h2 id="run-title">What was run</h2>
<dl class="provenance">${entries.map(
    ({ label, value }) => html`<div><dt>${label}</dt><dd><code>${value}</code></dd></div>
`,
  )}</dl>
</section>`;
}
