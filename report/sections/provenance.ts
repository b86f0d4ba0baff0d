/** What was run, so it can be repeated. */
import { formatTime } from '../format.js';
import { type Fragment, html } from '../html.js';
import type { ReportData } from '../report-data.js';
import { foldedSection } from './folded.js';

export function provenanceSection({ made, drift: { baseline }, provenance }: ReportData): Fragment {
  const weights = baseline.weights_sha256;
  const told = provenance.some(({ value }) => value === weights);
  const entries = [
    { label: 'Report made', value: formatTime(made) },
    ...(weights === null || told ? [] : [{ label: 'Weights, sha256', value: weights }]),
    ...provenance,
  ];
  return foldedSection({
    id: 'run',
    title: 'What was run',
    hint: 'settings, files and weights, to repeat it',
    body: html`<dl class="provenance">${entries.map(
      ({ label, value }) => html`<div><dt>${label}</dt><dd><code>${value}</code></dd></div>
`,
    )}</dl>`,
  });
}
