/** A line over time with its limit, as SVG that stretches to any width; text is beside it and keeps its size. */
import { type Fragment, html } from '../html.js';

/** Evidence of one window, as a share of its limit: from 1 on, an alarm is raised. */
export interface MonitorPoint {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** Null where nothing was judged. */
  ratio: number | null;
}

/** The windows of all rows, or of one camera, in the order of time. */
export interface MonitorSeries {
  name: string;
  points: readonly MonitorPoint[];
}

const WIDTH = 1000;
const HEIGHT = 160;
/** Ratios above this are drawn here. */
const MOST = 9;
const LABELS = 5;

/** Where an alarm lies, ms since 1970. */
export interface AlarmSpan {
  from: number;
  to: number;
  href: string;
}

/** The root of a share, so that quiet windows and large changes are both seen. */
function height(ratio: number): number {
  return round(HEIGHT * (1 - Math.sqrt(Math.min(ratio, MOST) / MOST)));
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

export function seriesChart({ points }: MonitorSeries, spans: readonly AlarmSpan[], label: string): Fragment | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const x = (time: number) => round((WIDTH * (time - first.from)) / (last.to - first.from));
  const limit = height(1);
  return html`<div class="monitor-chart"><div class="monitor-scale" aria-hidden="true"><span>900 %</span><span>400 %</span><span>100 %</span></div>
<svg class="monitor-line" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">
${spans.map(({ from, to }) => html`<rect class="monitor-span" x="${x(from)}" y="0" width="${Math.max(2, round(x(to) - x(from)))}" height="${HEIGHT}"/>`)}
<path class="monitor-limit" d="M0 ${limit}H${WIDTH}"/>
<path class="monitor-value" d="${pathOf(points, x)}"/>
<path class="monitor-value monitor-alone" d="${alone(points, x)}"/>
</svg>
<div class="monitor-times" aria-hidden="true">${labels(first.from, last.to).map((text) => html`<span>${text}</span>`)}</div></div>`;
}

/** A gap where nothing was judged. */
function pathOf(points: readonly MonitorPoint[], x: (time: number) => number): string {
  let isDrawn = false;
  return points
    .map(({ from, to, ratio }) => {
      const command = isDrawn ? 'L' : 'M';
      isDrawn = ratio !== null;
      return ratio === null ? '' : `${command}${x((from + to) / 2)} ${height(ratio)}`;
    })
    .join('');
}

/** Dots, of a length that browsers draw. A camera's few rows wait for each other, with a gap for each. */
function alone(points: readonly MonitorPoint[], x: (time: number) => number): string {
  const isJudged = (at: number) => (points[at]?.ratio ?? null) !== null;
  return points
    .map(({ from, to, ratio }, at) => {
      if (ratio === null || isJudged(at - 1) || isJudged(at + 1)) return '';
      return `M${x((from + to) / 2)} ${height(ratio)}h0.1`;
    })
    .join('');
}

function labels(first: number, last: number): string[] {
  return Array.from({ length: LABELS }, (_, i) => {
    return new Date(first + ((last - first) * i) / (LABELS - 1)).toISOString().replace(/T.*/, '');
  });
}
