/** Shares of a window against the baseline: a bar for the window, a tick for the baseline. */
import * as Plot from '@observablehq/plot';
import { formatPercent, formatPoints, shorten } from '../../format.js';
import { mostChanged } from '../../numbers/index.js';
import { dataTable, h } from '../dom.js';
import { responsiveChart } from './responsive.js';

interface Share {
  name: string;
  baseline: number;
  window: number;
}

const ROW_HEIGHT = 26;
const NAME_LENGTH = 24;
const CHARACTER_WIDTH = 7;
const AXIS_HEIGHT = 26;
/** About as many, at round shares. */
const TICKS = 4;

/** Only the most changed are shown of too many shares, in the given order. @param leftOut shares that changed less */
export function shareChart(
  title: string,
  rowName: string,
  shares: readonly Share[],
  unitNames: string,
  leftOut = 0,
): HTMLElement {
  const shown = mostChanged(shares);
  const chart = h('div.chart');
  const left = leftOut + shares.length - shown.length;
  const table = dataTable(
    'table',
    h('caption', title),
    [rowName, 'Baseline', 'Window', 'Change'].map((title) => ({ title })),
    shown.map(({ name, baseline, window }) => [
      name,
      ...[formatPercent(baseline), formatPercent(window), formatPoints(window - baseline)],
    ]),
  );
  responsiveChart(chart, heightOf(shown), (width) => draw(width, shown));
  return h(
    'figure.chart-frame',
    { 'aria-label': title },
    h('figcaption', title),
    chart,
    left > 0 ? h('p.note', `${left.toLocaleString('en-US')} more ${unitNames} changed less.`) : null,
    h('div.vh', table),
  );
}

function heightOf(shares: readonly Share[]): number {
  return shares.length * ROW_HEIGHT + AXIS_HEIGHT + 4;
}

function draw(width: number, shares: readonly Share[]): SVGSVGElement | HTMLElement {
  const index = (_: Share, i: number) => i;
  const names = shares.map(({ name }) => shorten(name, NAME_LENGTH));
  const most = Math.max(...shares.flatMap(({ baseline, window }) => [baseline, window]), 0.01);
  const marginLeft = 12 + Math.max(...names.map((name) => name.length)) * CHARACTER_WIDTH;
  return Plot.plot({
    className: 'plot',
    width,
    height: heightOf(shares),
    marginLeft,
    marginRight: 72,
    marginTop: 4,
    marginBottom: AXIS_HEIGHT,
    x: { domain: [0, most], label: null, ticks: TICKS, tickFormat: formatShare },
    y: {
      type: 'band',
      domain: shares.map(index),
      padding: 0.34,
      label: null,
      tickSize: 0,
      tickFormat: (i: number) => names[i]!,
    },
    marks: [
      Plot.barX(shares, { y: index, x: 'window', fill: 'var(--accent)', fillOpacity: 0.85, rx: 1.5 }),
      Plot.tickX(shares, {
        y: index,
        x: 'baseline',
        stroke: 'var(--ink)',
        strokeWidth: 2.5,
        insetTop: -2,
        insetBottom: -2,
      }),
      Plot.text(shares, {
        y: index,
        text: ({ baseline, window }: Share) => formatPoints(window - baseline),
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: 70,
        fill: 'var(--ink-soft)',
      }),
    ],
  }) as SVGSVGElement | HTMLElement;
}

/** `20 %`, with a decimal where the whole axis is short. */
function formatShare(share: number): string {
  return formatPercent(share, Number.isInteger(Math.round(1e6 * share) / 1e4) ? 0 : 1);
}
