/** A metric by day as SVG: a line with points, a gap for each day without events, the value of the focused point. */
import { s } from './dom.js';

export interface Point {
  /** Milliseconds since 1970. */
  time: number;
  value: number | null;
  /** The point's tooltip. */
  title: string;
}

export interface ChartOptions {
  /** CSS pixels. */
  width: number;
  /** The label for screen readers. */
  label: string;
}

const HEIGHT = 190;
const LEFT = 44;
/** Room for half of the last date. */
const RIGHT = 24;
const TOP = 12;
const BOTTOM = 28;
/** Room for `14 Nov`. */
const LABEL_WIDTH = 64;

export function lineChart(points: readonly Point[], { width, label }: ChartOptions): SVGSVGElement {
  const known = points.flatMap(({ value }) => value ?? []);
  const { top, ticks } = scale(Math.max(0, ...known));
  const first = points[0]?.time ?? 0;
  const span = Math.max(1, (points.at(-1)?.time ?? 0) - first);
  const x = (time: number) =>
    points.length === 1 ? (LEFT + width - RIGHT) / 2 : LEFT + ((time - first) / span) * (width - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);

  return s(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: 'img', 'aria-label': label },
    ...ticks.flatMap((tick) => [
      s('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
      s('text', { class: 'tick', x: LEFT - 8, y: y(tick) + 4, 'text-anchor': 'end' }, number(tick)),
    ]),
    ...dates(points, width).map(({ time }) =>
      s('text', { class: 'tick', x: x(time), y: HEIGHT - 8, 'text-anchor': 'middle' }, day(time)),
    ),
    ...runs(points).map((run) =>
      s('polyline', {
        class: 'line',
        points: run.map(({ time, value }) => `${x(time)},${y(value as number)}`).join(' '),
      }),
    ),
    ...points
      .filter(({ value }) => value !== null)
      .map(({ time, value, title }) =>
        s('circle', { class: 'point', cx: x(time), cy: y(value as number), r: 4 }, s('title', {}, title)),
      ),
  );
}

/** Runs of consecutive days with a value. */
function runs(points: readonly Point[]): Point[][] {
  const found: Point[][] = [[]];
  for (const point of points) {
    if (point.value === null) found.push([]);
    else found.at(-1)?.push(point);
  }
  return found.filter((run) => run.length > 1);
}

/** Round numbers from 0 to just above the greatest value. */
function scale(greatest: number): { top: number; ticks: number[] } {
  if (greatest === 0) return { top: 1, ticks: [0, 1] };
  const magnitude = 10 ** Math.floor(Math.log10(greatest / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((size) => greatest / size <= 4.5) as number;
  const count = Math.ceil(greatest / step);
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

/** As many evenly spaced dates as fit, always with the last date. */
function dates(points: readonly Point[], width: number): Point[] {
  const most = Math.max(1, Math.floor((width - LEFT - RIGHT) / LABEL_WIDTH));
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}

export function day(time: number): string {
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

export function number(value: number): string {
  return value === 0 ? '0' : value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
