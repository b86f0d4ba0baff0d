/** Segments and windows: a line for each camera, site or class, a mark for each window. */
import { isHurt, type SegmentReport } from '../../drift/index.js';
import { formatP, formatPercent, formatValue, plural, shorten, verdictStyle } from '../format.js';
import { type Fragment, html } from '../html.js';
import { rangeWords } from '../numbers/index.js';
import type { ReportData, ReportedWindow } from '../report-data.js';
import { verdictIcon } from './parts.js';

/** More lines, or more marks in one, are not looked at. */
const MOST_SEGMENTS = 60;
const MOST_WINDOWS = 60;
const NAME_LENGTH = 18;

interface SegmentLine {
  name: string;
  /** `[windows]`: null where the window has no such segment. */
  reports: readonly (SegmentReport | null)[];
}

export function segmentsSection({ drift }: ReportData): Fragment | null {
  const windows = drift.windows.slice(-MOST_WINDOWS);
  const all = linesOf(windows);
  if (all.length === 0) return null;
  const shown = all.slice(0, MOST_SEGMENTS);
  const left = all.length - shown.length;
  const latest = windows.length < drift.windows.length ? ` The latest ${plural(windows.length, 'window')}.` : '';
  return html`<section id="segments" aria-labelledby="segments-title">
<h2 id="segments-title">Segments</h2>
<p>Each segment is compared with the same one of the baseline, corrected for the number of methods and of segments of the window. Those that are
hurt most come first.${latest}${left > 0 ? ` ${plural(left, 'more segment')} without an alarm.` : null}</p>
<div class="segment-strip-box" tabindex="0" role="region" aria-label="Verdict of every segment in every window">
<table class="segment-strip"><thead><tr><th scope="col">Segment</th>${windows.map(
    ({ name }) =>
      html`<th scope="col" title="${name}"><span class="strip-name">${shorten(name, NAME_LENGTH)}</span></th>`,
  )}</tr></thead>
<tbody>${shown.map(
    ({ name, reports }) =>
      html`<tr><th scope="row">${name}</th>${reports.map((report, w) => mark(report, windows[w]!.name))}</tr>`,
  )}</tbody></table></div>
</section>`;
}

/** Lines in the order of the worst place that a segment has in any window. */
function linesOf(windows: readonly ReportedWindow[]): SegmentLine[] {
  const lines = new Map<string, { name: string; worst: number; reports: (SegmentReport | null)[] }>();
  for (const [w, { segments }] of windows.entries()) {
    for (const [place, report] of (segments ?? []).entries()) {
      const name = `${report.by} ${report.value}`;
      const empty = { name, worst: Number.POSITIVE_INFINITY, reports: new Array<null>(windows.length).fill(null) };
      const line = lines.get(name) ?? empty;
      line.worst = Math.min(line.worst, place + (isHurt(report) ? 0 : 1e6));
      line.reports[w] = report;
      lines.set(name, line);
    }
  }
  return [...lines.values()].sort((a, b) => a.worst - b.worst || (a.name < b.name ? -1 : 1));
}

function mark(report: SegmentReport | null, window: string): Fragment {
  if (report === null) return html`<td></td>`;
  const words = `${window}: ${wordsOf(report)}`;
  const fell = report.accuracy_test?.verdict === 'lower' ? html`<span class="fell" aria-hidden="true">↓</span>` : null;
  return html`<td title="${words}">${verdictIcon(report.verdict)}${fell}<span class="vh">${words}</span></td>`;
}

function wordsOf({
  rows,
  baseline_rows: before,
  verdict,
  distance,
  alarmed_by: method,
  methods,
  p,
  accuracy,
  accuracy_interval: interval,
  accuracy_test: test,
}: SegmentReport): string {
  if (before === 0) return `${plural(rows, 'row')}, not in the baseline`;
  const measured =
    accuracy === null
      ? null
      : `accuracy ${formatPercent(accuracy)}${interval ? ` (${rangeWords(interval, '–')})` : ''}`;
  const against = test === null ? null : `${test.verdict} (baseline ${formatPercent(test.baseline)})`;
  return [
    verdictStyle(verdict).word,
    plural(rows, 'row'),
    distance === null ? null : `distance ${formatValue(distance)}`,
    method === null || method === 'js' ? null : `${method} ${formatValue(methods[method]!.value)}`,
    p === null ? null : formatP(p),
    measured,
    against,
  ]
    .filter((text) => text !== null)
    .join(', ');
}
