import { formatP, formatRange, formatTime, formatValue, NOT_KNOWN, shorten, verdictStyle } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportData, ReportedMethod, ReportMethod } from '../report-data.js';
import { foldedSection, type StackedColumn, stackedTable, verdictIcon } from './parts.js';

const NAME_LENGTH = 80;

export function methodsSection({ methods, drift, adjust }: ReportData): Fragment | null {
  if (methods.length === 0 || drift.windows.length === 0) return null;
  const columns: StackedColumn[] = [
    ['Window', 'c-window'],
    ...methods.map(({ title }) => [title, 'c-method'] as const),
  ];
  const rows = drift.windows.map((window) => [
    shorten(window.name, NAME_LENGTH),
    ...methods.map(({ name, unit }) => methodCell(window.methods[name] ?? null, unit)),
  ]);
  return foldedSection({
    id: 'methods',
    title: 'Methods side by side',
    hint: methods.map(({ title }) => title).join(', '),
    body: html`<p>Each value with its confidence interval, the band it stays in without drift, and the chance of a value as
large if nothing had changed${correction(methods.length, adjust)}.</p>
${stackedTable('method-table', 'Every method for every window', columns, rows)}
${explanations(methods)}`,
  });
}

function correction(methods: number, adjust: ReportData['adjust']): string {
  const forMethods = methods > 1 ? ', times the number of methods that vote' : '';
  return `${forMethods}${adjust === null ? '' : ', adjusted for the number of windows (false-discovery rate)'}`;
}

function methodCell(report: ReportedMethod | null, unit: string): Content {
  if (report === null) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const { value, low, high, band, p, p_adjusted: adjusted, verdict } = report;
  const interval = low === null || high === null ? null : html`<small>interval ${formatRange(low, high)}</small>`;
  return html`<span class="figure">${verdictIcon(verdict)}<span class="vh">${verdictStyle(verdict).word}, </span>${formatValue(
    value,
  )}${unit === '' ? null : ` ${unit}`}</span>
${interval}<small>band ${band === null ? NOT_KNOWN : formatRange(band[0], band[1])}</small><small>${
    p === null && adjusted === null ? `p ${NOT_KNOWN}` : formatP(adjusted ?? p)
  }</small>`;
}

function explanations(methods: readonly ReportMethod[]): Fragment | null {
  const explained = methods.filter(({ explanation }) => explanation !== null);
  if (explained.length === 0) return null;
  return html`<dl class="terms">${explained.map(
    ({ title, explanation }) => html`<div><dt>${title}</dt><dd>${explanation}</dd></div>`,
  )}</dl>`;
}

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
