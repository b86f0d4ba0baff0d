/** One method's values over the windows: no-drift band, confidence intervals, verdicts. */
import * as Plot from '@observablehq/plot';
import type { Verdict } from '../../../drift/index.js';
import { formatCount, formatP, formatRange, formatValue, plural, shorten, verdictStyle } from '../../format.js';
import { alarmingFirst } from '../../numbers/index.js';
import type { PageData } from '../../page-data.js';
import type { ReportedMethod, ReportMethod } from '../../report-data.js';
import { h } from '../dom.js';
import { responsiveChart } from './responsive.js';

interface Mark {
  index: number;
  name: string;
  rows: number;
  report: ReportedMethod;
}

const LABEL_LENGTH = 16;
const CHARACTER_WIDTH = 6.6;
const LEFT = 48;
const RIGHT = 12;

export function distanceCharts(frame: HTMLElement, data: PageData): void {
  const others = h('div.charts-others');
  alarmingFirst(data.methods, data.drift.windows).forEach((method, i) => {
    const marks = marksOf(data, method);
    if (marks.length === 0) return;
    const chart = h('div.chart');
    const unit = method.unit === '' ? '' : `, ${method.unit}`;
    const place = i === 0 ? frame : others;
    place.append(
      h(
        'figure',
        {
          class: i === 0 ? 'chart-frame chart-first' : 'chart-frame',
          'aria-label': summary(method, marks),
        },
        h('figcaption', method.title, h('span.unit', unit)),
        chart,
      ),
    );
    const height = i === 0 ? 260 : 180;
    responsiveChart(chart, height, (width) => draw(width, marks, height));
  });
  frame.append(legend(data));
  if (others.childElementCount === 0) return;
  frame.append(h('details.long', h('summary', `The other ${plural(others.childElementCount, 'method')}`), others));
}

function marksOf({ drift }: PageData, { name }: ReportMethod): Mark[] {
  return drift.windows.flatMap((window, index) => {
    const report = window.methods[name] ?? null;
    return report === null || !isNumber(report.value) ? [] : [{ index, name: window.name, rows: window.rows, report }];
  });
}

function draw(width: number, marks: readonly Mark[], height: number): SVGSVGElement | HTMLElement {
  const banded = marks.filter(({ report }) => report.band !== null);
  const ranged = marks.filter(({ report }) => isNumber(report.low) && isNumber(report.high));
  const index = ({ index: at }: Mark) => at;
  return Plot.plot({
    className: 'plot',
    width,
    height,
    marginLeft: LEFT,
    marginRight: RIGHT,
    marginBottom: 30,
    marginTop: 12,
    x: { type: 'band', domain: marks.map(index), padding: 0, label: null, tickSize: 0, ...ticks(marks, width) },
    y: {
      zero: startsAtZero(marks),
      nice: true,
      ticks: height < 200 ? 4 : 5,
      tickSize: 0,
      label: null,
      tickFormat: formatTick,
    },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: height < 200 ? 4 : 5 }),
      Plot.barY(banded, {
        x: index,
        y1: ({ report }: Mark) => report.band![0],
        y2: ({ report }: Mark) => report.band![1],
        fill: 'var(--band)',
      }),
      Plot.ruleX(ranged, {
        x: index,
        y1: ({ report }: Mark) => report.low!,
        y2: ({ report }: Mark) => report.high!,
        stroke: ({ report }: Mark) => verdictColour(report.verdict),
        strokeWidth: 2,
      }),
      Plot.dot(marks, {
        x: index,
        y: ({ report }: Mark) => report.value,
        symbol: ({ report }: Mark) => verdictSymbol(report.verdict),
        fill: ({ report }: Mark) => verdictColour(report.verdict),
        stroke: 'var(--paper)',
        strokeWidth: 1.5,
        r: marks.length > 40 ? 3.5 : 5.5,
      }),
      Plot.tip(
        marks,
        Plot.pointerX({
          x: index,
          y: ({ report }: Mark) => report.value,
          title: tipText,
          fill: 'var(--raised)',
          stroke: 'var(--line-strong)',
        }),
      ),
    ],
    symbol: { type: 'identity' },
    color: { type: 'identity' },
  }) as SVGSVGElement | HTMLElement;
}

/** True for a scale that starts at 0; false if the values never come near 0, as with an AUC. */
function startsAtZero(marks: readonly Mark[]): boolean {
  const values = marks.flatMap(({ report: { value, low, high, band } }) => [value, low, high, ...(band ?? [])]);
  const known = values.filter(isNumber);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return least < most / 2 || least === most;
}

function ticks(marks: readonly Mark[], width: number): { ticks: number[]; tickFormat: (index: number) => string } {
  const names = new Map(marks.map(({ index, name }) => [index, shorten(name, LABEL_LENGTH)]));
  const longest = Math.max(...[...names.values()].map((name) => name.length));
  const fit = Math.max(1, Math.floor((width - LEFT - RIGHT) / (longest * CHARACTER_WIDTH + 10)));
  const step = Math.ceil(marks.length / fit);
  return {
    ticks: marks.filter((_, i) => i % step === 0).map(({ index }) => index),
    tickFormat: (index) => names.get(index) ?? '',
  };
}

function formatTick(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}

function tipText({ name, rows, report }: Mark): string {
  const { value, low, high, band, p, p_adjusted: adjusted, verdict } = report;
  return [
    shorten(name, 40),
    `${verdictStyle(verdict).word}, ${formatP(adjusted ?? p)}`,
    `value ${formatValue(value)}, interval ${formatRange(low, high)}`,
    `without drift ${formatRange(band?.[0], band?.[1])}`,
    `${formatCount(rows)} rows`,
  ].join('\n');
}

function summary({ title }: ReportMethod, marks: readonly Mark[]): string {
  const drifted = marks.filter(({ report }) => report.verdict === 'drift').length;
  const values = marks.map(({ report }) => report.value);
  return `${title}: ${marks.length} windows, values ${formatRange(Math.min(...values), Math.max(...values))}, ${drifted} with drift. All numbers are in the table of methods.`;
}

function legend({ drift, methods }: PageData): HTMLElement {
  const reports = drift.windows.flatMap((window) => methods.map(({ name }) => window.methods[name] ?? null));
  const verdicts = new Set(reports.flatMap((report) => (report === null ? [] : [report.verdict])));
  const banded = reports.some((report) => report !== null && report.band !== null);
  return h(
    'ul.keys',
    { 'aria-label': 'What the marks mean' },
    ...[...verdicts].map((verdict) => {
      const { key, word } = verdictStyle(verdict);
      return h('li', { class: `key key-${key}` }, word);
    }),
    banded ? h('li.key.key-band', 'where values lie without drift') : null,
  );
}

function isNumber(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

/** The shapes of the verdicts' marks for Plot, the same as in `verdictStyle`. */
const SYMBOLS = { drift: 'triangle', steady: 'circle', few: 'square', open: 'diamond' } as const;

function verdictSymbol(verdict: Verdict | null): (typeof SYMBOLS)[keyof typeof SYMBOLS] {
  return SYMBOLS[verdictStyle(verdict).key];
}

function verdictColour(verdict: Verdict | null): string {
  return `var(--${verdictStyle(verdict).key})`;
}
