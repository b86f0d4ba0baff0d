/**
 * One value on a line, with its confidence interval and the range without drift. The same numbers stand beside it as
 * text, so screen readers skip it. It is drawn with attributes only, because the policy forbids inline styles.
 */

import { type Fragment, html } from '../html.js';
import type { ReportedMethod } from '../report-data.js';
import { verdictStyle } from '../verdict-style.js';

const WIDTH = 180;
const HEIGHT = 18;
const MIDDLE = HEIGHT / 2;
/** Room for the mark at either end. */
const MARGIN = 7;
const MARK = 11;

/** Largest number that any of the gauges has to show. */
export function gaugeScale(reports: readonly ReportedMethod[]): number {
  const numbers = reports.flatMap(({ value, high, band }) => [value, high, band?.[1]]);
  return Math.max(0, ...(numbers.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[]));
}

/** @param scale from `gaugeScale`; nothing is drawn if it is 0 or the value is not known */
export function gauge(report: ReportedMethod, scale: number): Fragment | null {
  const { value, low, high, band, verdict } = report;
  if (!(scale > 0) || !Number.isFinite(value)) return null;
  const x = (number: number) => round(MARGIN + Math.min(Math.max(number / scale, 0), 1) * (WIDTH - 2 * MARGIN));
  const { key, path } = verdictStyle(verdict);
  const size = MARK / 16;
  return html`<svg class="gauge" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
<line class="gauge-line" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${MIDDLE}" y2="${MIDDLE}"/>
${band === null ? null : bar('gauge-band', x(band[0]), x(band[1]), HEIGHT - 4)}
${low === null || high === null ? null : bar(`gauge-interval fill-${key}`, x(low), x(high), 2)}
<path class="gauge-mark fill-${key}" d="${path}" transform="translate(${round(x(value) - MARK / 2)} ${
    MIDDLE - MARK / 2
  }) scale(${size})"/></svg>`;
}

function bar(name: string, from: number, to: number, thickness: number): Fragment {
  const y = MIDDLE - thickness / 2;
  const width = round(Math.max(to - from, 1));
  return html`<rect class="${name}" x="${from}" width="${width}" y="${y}" height="${thickness}" rx="1"/>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
