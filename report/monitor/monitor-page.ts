/**
 * The page of a monitor: one HTML file without a script, that fetches nothing. A year is a timeline, alarms are spans in
 * it, and each has its pictures behind one more click.
 */
import { formatCount, formatPercent, formatTime, formatValue } from '../format.js';
import { type Fragment, html } from '../html.js';
import { plural } from '../numbers/index.js';
import { stackedTable } from '../sections/parts.js';
import { checkPicture, pageAssets, pageHead } from '../self-contained.js';
import { type MonitorSeries, seriesChart } from './series-chart.js';

export interface MonitorPicture {
  /** `data:image/…;base64,…`. */
  uri: string;
  width: number;
  height: number;
  /** Its path or URL; null where not known. */
  name: string | null;
}

export interface MonitorPageAlarm {
  /** ISO 8601. */
  raised: string;
  since: string;
  sinceLow: string;
  sinceHigh: string;
  /** When it was acknowledged; null while it is open. */
  acknowledged: string | null;
  /** The end of the last window before that. */
  until: string | null;
  block: string;
  /** `camera north`; null for all rows. */
  by: string | null;
  cause: readonly string[] | null;
  accuracy: { value: number; low: number | null; high: number | null } | null;
  note: string | null;
  /** Start of the window from which on the statistic is below its limit again, ISO 8601; null while it is above. */
  belowSince: string | null;
  /** Images of these days that are most unlike the baseline. */
  pictures: readonly MonitorPicture[];
  /** Why there are none; null where there are. */
  noPictures: string | null;
}

export interface MonitorPageData {
  /** ISO 8601. */
  made: string;
  state: string;
  promise: string;
  /** `1d`. */
  window: string;
  rows: number;
  rejected: number;
  last: string | null;
  /** All rows. */
  whole: MonitorSeries;
  /** A camera each. */
  parts: readonly MonitorSeries[];
  by: string | null;
  /** The oldest first. */
  alarms: readonly MonitorPageAlarm[];
  windows: readonly { from: string; rows: number; statistic: number | null; limit: number | null; alarmed: boolean }[];
}

/** @throws TypeError if a picture is none: a bug of the caller */
export function renderMonitorPage(data: MonitorPageData): string {
  for (const { uri } of data.alarms.flatMap(({ pictures }) => pictures)) checkPicture(uri, 'picture');
  const title = headline(data);
  return html`<!doctype html>
<html lang="en">
${pageHead(title, null, pageAssets('client').style)}
<body>
<a class="skip" href="#main">Skip to the answer</a>
<header class="masthead">
<p class="brand">image-drift <span class="made">${formatTime(data.made)}</span></p>
<nav class="sections" aria-label="Sections"><ul><li><a href="#timeline">Timeline</a></li>${data.parts.length === 0 ? null : html`<li><a href="#parts">By ${data.by}</a></li>`}<li><a href="#alarms">Alarms</a></li><li><a href="#windows">Windows</a></li></ul></nav>
</header>
<main id="main" tabindex="-1">
<section id="answer" aria-labelledby="answer-title">
<h1 id="answer-title">${title}</h1>
<p class="monitor-lead">${lead(data)}</p>
</section>
${timelineSection(data)}
${partsSection(data)}
${alarmsSection(data)}
${windowsSection(data)}
</main>
<footer><p>Made by image-drift. This file is complete: it opens without a network and sends nothing.</p></footer>
</body>
</html>
`.text;
}

function openAlarm({ alarms }: MonitorPageData): MonitorPageAlarm | null {
  return alarms.find(({ acknowledged }) => acknowledged === null) ?? null;
}

function what({ block, by }: MonitorPageAlarm): string {
  return by === null ? block : `${block} of ${by}`;
}

function headline(data: MonitorPageData): string {
  const open = openAlarm(data);
  if (open !== null) return `Alarm: ${what(open)} changed since ${formatDay(open.since)}`;
  return data.windows.length === 0 ? 'Nothing was judged yet' : 'No alarm is open';
}

function lead(data: MonitorPageData): string {
  const { state, rows, rejected, windows, promise, last } = data;
  const left = rejected === 0 ? '' : `, ${formatCount(rejected)} rows left out`;
  const counted = `${plural(windows.length, 'window')} of ${data.window}, ${plural(rows, 'image')}${left}`;
  return `${state}: ${counted}, the latest of ${formatTime(last)}. Promise: ${promise}.`;
}

function timelineSection(data: MonitorPageData): Fragment {
  const spans = data.alarms.map((alarm, i) => ({ ...spanOf(alarm, data), href: `#alarm-${i + 1}` }));
  return html`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">All images</h2>
<p>Evidence of a change, as a share of its limit. An alarm is raised above the line at 100 %, and spans the shaded time.${unjudged(data)}</p>
${seriesChart(data.whole, spans, `Evidence in ${data.whole.points.length} windows; ${alarmCount(data)}`)}
${data.alarms.length === 0 ? null : html`<ol class="monitor-links">${data.alarms.map((alarm, i) => html`<li><a href="#alarm-${i + 1}">${what(alarm)}, since ${formatDay(alarm.since)}</a></li>`)}</ol>`}
</section>`;
}

/** A gap of the line is no quiet time. */
function unjudged({ windows }: MonitorPageData): string {
  const count = windows.filter(({ statistic }) => statistic === null).length;
  if (count === 0) return '';
  return ` ${plural(count, 'window')} could not be judged: nothing said yet by how much windows vary.`;
}

function alarmCount({ alarms }: MonitorPageData): string {
  return alarms.length === 1 ? '1 alarm' : `${alarms.length} alarms`;
}

function spanOf({ since, until }: MonitorPageAlarm, { whole }: MonitorPageData) {
  const end = whole.points.at(-1)?.to ?? Date.parse(since);
  return { from: Date.parse(since), to: until === null ? end : Date.parse(until) };
}

function partsSection(data: MonitorPageData): Fragment | null {
  if (data.parts.length === 0) return null;
  const figures = data.parts.map((series) => {
    const spans = data.alarms.flatMap((alarm, i) =>
      alarm.by === `${data.by} ${series.name}` ? [{ ...spanOf(alarm, data), href: `#alarm-${i + 1}` }] : [],
    );
    const most = Math.max(0, ...series.points.map(({ ratio }) => ratio ?? 0));
    return html`<figure class="monitor-part"><figcaption>${series.name} <span class="unit">up to ${formatPercent(most, 0)}</span></figcaption>${seriesChart(series, spans, `Evidence for ${series.name}`)}</figure>`;
  });
  return html`<section id="parts" aria-labelledby="parts-title">
<h2 id="parts-title">By ${data.by}</h2>
<p>The same for each, on one scale.</p>
<div class="charts-others">${figures}</div>
</section>`;
}

function alarmsSection(data: MonitorPageData): Fragment {
  const cards = data.alarms.map((alarm, i) => alarmCard(alarm, i + 1)).reverse();
  return html`<section id="alarms" aria-labelledby="alarms-title">
<h2 id="alarms-title">Alarms</h2>
${cards.length === 0 ? html`<p>There was none.</p>` : html`<div class="monitor-alarms">${cards}</div>`}
</section>`;
}

function alarmCard(alarm: MonitorPageAlarm, number: number): Fragment {
  const { raised, since, sinceLow, sinceHigh, acknowledged, cause, accuracy, note, belowSince } = alarm;
  const range = sinceLow === sinceHigh ? '' : `, between ${formatDay(sinceLow)} and ${formatDay(sinceHigh)}`;
  const facts: [string, string | null][] = [
    ['Since', `${formatDay(since)}${range}`],
    ['Raised', formatTime(raised)],
    ['Cause', cause === null ? null : cause.join('; ') || 'none that has a name'],
    ['Accuracy', accuracy === null ? null : accuracyText(accuracy)],
    ['Note', note],
    ['Below its limit', belowSince === null ? 'not yet' : `since ${formatDay(belowSince)}`],
    ['Acknowledged', acknowledged === null ? 'no: it is open' : formatTime(acknowledged)],
  ];
  return html`<article class="card card-${acknowledged === null ? 'severe' : 'none'}" id="alarm-${number}" aria-labelledby="alarm-${number}-title">
<h3 id="alarm-${number}-title">${what(alarm)} changed since ${formatDay(since)}</h3>
<dl class="monitor-facts">${facts.map(([name, text]) => (text === null ? null : html`<div><dt>${name}</dt><dd>${text}</dd></div>`))}</dl>
${picturesOf(alarm)}
</article>`;
}

function picturesOf({ pictures, noPictures }: MonitorPageAlarm): Fragment {
  if (pictures.length === 0) return html`<p class="note">${noPictures}</p>`;
  return html`<details><summary>Images of these days that are most unlike the baseline</summary>
<ul class="monitor-pictures">${pictures.map(({ uri, width, height, name }, i) => html`<li><figure><img src="${uri}" width="${width}" height="${height}" alt="Image ${i + 1}, ${name ?? 'without a name'}"><figcaption>${name}</figcaption></figure></li>`)}</ul>
</details>`;
}

function accuracyText({ value, low, high }: NonNullable<MonitorPageAlarm['accuracy']>): string {
  if (low === null) return high === null ? formatPercent(value) : `at most ${formatPercent(high)}`;
  return `${formatPercent(value)}, from ${formatPercent(low)} to ${formatPercent(high)}`;
}

function windowsSection({ windows }: MonitorPageData): Fragment {
  const columns = [
    ['Window', 'window'],
    ['Images', 'number'],
    ['Statistic', 'number'],
    ['Limit', 'number'],
    ['', 'state'],
  ] as const;
  const rows = windows.map(({ from, rows, statistic, limit, alarmed }) => {
    return [formatDay(from), formatCount(rows), formatValue(statistic), formatValue(limit), alarmed ? 'alarm' : ''];
  });
  return html`<section id="windows" class="folded" aria-labelledby="windows-title">
<details><summary><h2 id="windows-title">Windows</h2><span class="hint">the numbers of each</span></summary>
${stackedTable('monitor-windows', 'Windows', columns, rows.reverse())}
</details></section>`;
}

/** `2026-01-20`, or with the hour where there is one. */
function formatDay(iso: string): string {
  return iso
    .replace(/T00:00:00\.000Z$/, '')
    .replace(/:00\.000Z$/, 'Z')
    .replace('T', ' ');
}
