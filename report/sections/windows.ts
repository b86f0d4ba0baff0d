import { SMALL_BASELINE } from '../../drift/index.js';
import { causeParts, withClusterName } from '../causes.js';
import {
  formatCount,
  formatP,
  formatPercent,
  formatRange,
  formatSpan,
  formatValue,
  keepTogether,
  NOT_KNOWN,
  plural,
  verdictStyle,
} from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import {
  decidingP,
  isBelowThreshold,
  isOfFewLabels,
  rangeWords,
  roughly,
  rowsLikeThese,
  worthWords,
} from '../numbers/index.js';
import { isOfCopies } from '../ranked-windows.js';
import type { ReportData, ReportedMethod, ReportedWindow, ReportMethod, ReportWindow } from '../report-data.js';
import { gauge, gaugeScale, type StackedColumn, stackedTable, verdictBadge, verdictIcon } from './parts.js';

/** Number of windows from which a strip of marks gives an overview, because the table is too long for that. */
const STRIP_FROM = 9;
/** Number of windows from which the overview is one strip, drawn by the script, of which a range can be chosen. */
const TIMELINE_FROM = 40;
const CAUSES_SHOWN = 3;

export function windowsSection(data: ReportData): Fragment | null {
  const { windows } = data.drift;
  if (windows.length === 0) return null;
  const many = windows.length >= STRIP_FROM;
  return html`<section id="windows" aria-labelledby="windows-title">
<h2 id="windows-title">Every window</h2>
<p>The distance from the baseline beside the range without drift, the chance of such a distance if nothing had changed, and
what changed.</p>
${overview(windows)}
${many ? html`<details class="long"><summary>The table of all ${formatCount(windows.length)} windows</summary>${windowTable(data)}</details>` : windowTable(data)}
</section>`;
}

function overview(windows: readonly ReportedWindow[]): Fragment | null {
  if (windows.length < STRIP_FROM) return null;
  return windows.length < TIMELINE_FROM ? strip(windows) : html`<div class="timeline" data-timeline></div>`;
}

function strip(windows: readonly ReportedWindow[]): Fragment {
  return html`<ol class="strip" aria-label="Verdicts in the order of the windows">${windows.map(
    ({ name, verdict }, i) =>
      html`<li><a href="#closer-look" data-window="${i}" title="${name}: ${verdictStyle(verdict).word}">${verdictIcon(
        verdict,
      )}<span class="vh">${name}: ${verdictStyle(verdict).word}</span></a></li>`,
  )}</ol>`;
}

function windowTable(data: ReportData): Fragment {
  const several = data.methods.length > 1;
  const shown = data.drift.windows.map((window) => shownMethod(window, data.methods));
  const reports = data.drift.windows.map(({ methods }, i) => methods[shown[i]?.name ?? ''] ?? null);
  const scales = new Map(
    data.methods.map((method) => {
      const ofMethod = reports.filter((report, i) => report !== null && shown[i] === method);
      return [method, gaugeScale(ofMethod.filter((report) => report !== null))] as const;
    }),
  );
  const columns: StackedColumn[] = [
    ['Window', 'c-window'],
    ['Verdict', 'c-verdict', 'bare'],
    [several ? 'Method' : (data.methods[0]?.title ?? 'Distance'), 'c-distance', 'bare'],
    ['p-value', 'c-p'],
    ['Accuracy', 'c-accuracy'],
    ['Likely cause', 'c-cause', 'bare'],
  ];
  const rows = data.drift.windows.map((window, i) => [
    windowName(window, i, data.windows[i]),
    html`${verdictBadge(window.verdict)}${alarms(window, data.methods)}`,
    distance(reports[i] ?? null, shown[i] ?? null, scales.get(shown[i]!) ?? 0, data),
    chance(reports[i] ?? null),
    accuracy(window, data.windows[i]),
    html`${causes(window, data.windows[i], data)}${notesOf(window)}`,
  ]);
  const rowName = (i: number) => `window-row row-${verdictStyle(data.drift.windows[i]!.verdict).key}`;
  return stackedTable('window-table', 'Every window, its verdict and its numbers', columns, rows, rowName);
}

/** Which methods found drift, with each one's chance: the row has only the first one's, perhaps a p-value of 1. */
function alarms({ verdict, methods: reports }: ReportedWindow, methods: readonly ReportMethod[]): Fragment | null {
  if (verdict !== 'drift' || methods.length < 2) return null;
  const found = methods.flatMap(({ name, title }) => {
    const report = reports[name];
    return report?.verdict === 'drift' ? [{ title, p: decidingP(report) }] : [];
  });
  if (found.length === methods.length) return html`<small>by all ${plural(found.length, 'method')}</small>`;
  return html`<ul class="alarms">${found.map(
    ({ title, p }) => html`<li>${title}${p === null ? null : html`: ${formatP(p)}`}</li>`,
  )}</ul>`;
}

function windowName(
  { name, rows, skipped, from, to }: ReportedWindow,
  index: number,
  details: ReportWindow | undefined,
): Fragment {
  const [effective, by] = [details?.effectiveRows ?? rows, details?.effectiveBy ?? null];
  const words = worthWords(rows, effective, by);
  // Short: the closer look has the reason.
  const worth = words === null ? null : html`, <span title="${words}">worth about ${roughly(effective)}</span>`;
  const left = skipped > 0 ? `, ${formatCount(skipped)} left out` : '';
  const span = formatSpan(from, to);
  const time = span === null ? null : html`<span class="when">${span}</span>`;
  return html`<a href="#closer-look" data-window="${index}" title="${name}">${name}</a>
<small>${plural(rows, 'row')}${worth}${left}${time === null ? null : [html`<span class="sep"> · </span>`, time]}</small>`;
}

/** The method that alarmed, which has the numbers of the verdict; else the first one. */
function shownMethod({ alarmed_by: name }: ReportedWindow, methods: readonly ReportMethod[]): ReportMethod | null {
  return methods.find((method) => method.name === name) ?? methods[0] ?? null;
}

function distance(
  report: ReportedMethod | null,
  method: ReportMethod | null,
  scale: number,
  { methods, threshold, alpha }: ReportData,
): Content {
  if (report === null) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const { value, band } = report;
  const without = band === null ? 'no-drift band not known' : `without drift ${formatRange(band[0], band[1])}`;
  const limit = threshold[method?.name ?? ''];
  const isKept = isBelowThreshold(report, limit, alpha ?? 0);
  return html`${methods.length > 1 ? html`<small>${method?.title ?? NOT_KNOWN}</small>` : null}<span class="figure">${formatValue(
    value,
  )}</span>${gauge(report, scale)}<small>${without}</small>${
    isKept ? html`<small>outside, but not beyond the threshold ${formatValue(limit!)}</small>` : null
  }`;
}

function chance(report: ReportedMethod | null): Content {
  const p = report && decidingP(report);
  return p === null ? html`<span class="unknown">p ${NOT_KNOWN}</span>` : formatP(p);
}

function accuracy(
  { accuracy: share, accuracy_test: test, accuracy_interval: interval }: ReportedWindow,
  window: ReportWindow | undefined,
): Content {
  const estimate = window?.estimatedAccuracy ?? null;
  if (share === null && estimate === null) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const measured =
    share === null ? null : html`<span>${formatPercent(share)}${intervalOf(interval)}</span>${beside(test)}`;
  if (estimate === null) return measured;
  const { value, low, high } = estimate;
  // Many labels say more than an estimate.
  if (measured !== null && !isOfFewLabels(interval)) return measured;
  if (low === null) {
    const most = html`<span>at most about ${formatPercent(high, 0)}</span>`;
    return html`${measured}${most}<small>estimated: confidence is not to be trusted here</small>`;
  }
  return html`${measured}<small>estimated ${formatPercent(value)}${intervalOf({ low, high })}</small>`;
}

function intervalOf(interval: { low: number; high: number } | null | undefined): Fragment | null {
  return interval == null ? null : html` <span class="range">(${rangeWords(interval, '–')})</span>`;
}

function beside(test: ReportedWindow['accuracy_test']): Fragment | null {
  if (test === null) return null;
  const words = `${test.verdict}, ${formatP(decidingP(test))}`;
  return html`<small>baseline ${formatPercent(test.baseline)}: ${words}</small>`;
}

function causes(
  reported: ReportedWindow,
  window: ReportWindow | undefined,
  { clusterNames, drift }: Pick<ReportData, 'clusterNames' | 'drift'>,
): Content {
  const { verdict, rows } = reported;
  const texts = toldCauses(reported, window);
  if (verdict === 'too few rows') {
    const needed = window?.rowsNeeded ?? null;
    // Its note says where the baseline is what is small.
    if (needed === null || reported.notes?.some((note) => note.startsWith(SMALL_BASELINE))) return null;
    if (isOfCopies(reported, window!, drift.baseline)) return html`<span class="needed">many are copies of few</span>`;
    const isWhole = window!.effectiveBy === null;
    const enough = isWhole ? plural(needed, 'row') : `${rowsLikeThese(needed, rows, window!.effectiveRows!)} rows`;
    return html`<span class="needed">${enough} would be enough</span>`;
  }
  if (texts === null) return verdict === 'drift' ? html`<span class="unknown">${NOT_KNOWN}</span>` : null;
  if (texts.length === 0)
    return verdict === 'drift' ? html`<span class="unknown">none found among those with a name</span>` : null;
  const more = texts.length - CAUSES_SHOWN;
  return html`<ul class="causes">${texts.slice(0, CAUSES_SHOWN).map((text) => html`<li>${cause(withClusterName(text, clusterNames))}</li>`)}${
    more > 0 ? html`<li>${more} more in the closer look</li>` : null
  }</ul>`;
}

/** A cause that was made again and suffices is the cause; what the statistics say beside it is what is seen. */
function toldCauses({ causes }: ReportedWindow, window: ReportWindow | undefined): readonly string[] | null {
  const explained = window?.explained;
  if (explained?.verdict !== 'explained') return causes;
  const remade = explained.causes.map(({ name, making }) => `${name}: made again, ${making}`);
  return [...remade, ...(causes ?? []).slice(0, 1).map((text) => `seen: ${text}`)];
}

function notesOf({ notes = [] }: ReportedWindow): Content {
  return notes.map((note) => html`<small>${keepTogether(note)}.</small>`);
}

function cause(text: string): Fragment {
  const { name, numbers } = causeParts(text);
  return html`<strong>${name}</strong>${numbers}`;
}
