/** Draws the pictures of docs/drift.md and docs/performance.md (`inference.csv`): `npm run bench -- figures`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readResults } from './results.js';

const FIGURES = fileURLToPath(new URL('../../docs/figures', import.meta.url));

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { top: 28, right: 120, bottom: 52, left: 64 };
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const INK = '#808890';

interface Series {
  name: string;
  points: readonly (readonly [number, number])[];
}

interface Chart {
  title: string;
  x: string;
  y: string;
  series: readonly Series[];
  yMax: number;
  yTicks: readonly number[];
  format(y: number): string;
}

function draw({ title, x, y, series, yMax, yTicks, format }: Chart): string {
  const xs = series.flatMap(({ points }) => points.map(([value]) => value));
  const [low, high] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const left = (value: number) =>
    MARGIN.left + ((Math.log10(value) - low) / (high - low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const top = (value: number) => HEIGHT - MARGIN.bottom - (value / yMax) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const right = WIDTH - MARGIN.right;
  const parts: string[] = [];
  for (const tick of yTicks) {
    parts.push(
      `<line x1="${MARGIN.left}" x2="${right}" y1="${top(tick)}" y2="${top(tick)}" stroke="${INK}" opacity="0.3"/>`,
      text(MARGIN.left - 8, top(tick) + 4, format(tick), 'end'),
    );
  }
  for (const tick of [...new Set(xs)].filter((value) => Number.isInteger(Math.log10(value)))) {
    parts.push(text(left(tick), HEIGHT - MARGIN.bottom + 18, tick.toLocaleString('en'), 'middle'));
  }
  series.forEach(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length] as string;
    const path = points.map(([px, py]) => `${left(px).toFixed(1)},${top(py).toFixed(1)}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    parts.push(
      `<line x1="${right + 12}" x2="${right + 30}" y1="${MARGIN.top + 18 * i}" y2="${MARGIN.top + 18 * i}" stroke="${colour}" stroke-width="3"/>`,
      text(right + 36, MARGIN.top + 18 * i + 4, name, 'start'),
    );
  });
  parts.push(
    text((MARGIN.left + right) / 2, HEIGHT - 12, x, 'middle'),
    text(MARGIN.left, 16, y, 'start'),
    `<title>${title}</title>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12">${parts.join('')}</svg>\n`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${INK}">${words}</text>`;
}

/** Mean distance without drift in natural logarithms, over 5,000 baseline rows. */
function bandChart(): string {
  const sizes = Array.from({ length: 61 }, (_, i) => 10 ** (1 + i / 15));
  const series = [5, 10, 30].map((k) => ({
    name: `${k} clusters`,
    points: sizes.map((n) => [n, Math.sqrt(((k - 1) * (1 / 5000 + 1 / n)) / 8)] as const),
  }));
  return draw({
    title: 'Distance without drift, by window size',
    x: 'rows in the window (baseline of 5,000)',
    y: 'mean distance when nothing has changed',
    series,
    yMax: 0.6,
    yTicks: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    format: (value) => value.toFixed(1),
  });
}

interface Bar {
  label: string;
  value: number;
}

const LEFT = 270;
const RIGHT = 90;
const TOP = 30;
const LINE = 24;

/** Horizontal bars, one a line; blue from 1 on. */
function ratioBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value }, i) => {
    const y = TOP + LINE * i;
    const width = (value / most) * (WIDTH - LEFT - RIGHT);
    const colour = value >= 1 ? COLOURS[0] : COLOURS[1];
    return [
      text(LEFT - 8, y + 13, label, 'end'),
      `<rect x="${LEFT}" y="${y + 2}" width="${width.toFixed(1)}" height="${LINE - 10}" fill="${colour}"/>`,
      text(LEFT + width + 6, y + 13, value.toLocaleString('en', { maximumSignificantDigits: 3 }), 'start'),
    ].join('');
  });
  const height = TOP + LINE * bars.length + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>${text(8, 16, title, 'start')}${lines.join('')}</svg>\n`;
}

/** Our kernels beside onnxruntime on one thread, of the machine that has the most rows: numbers of two machines are not drawn side by side. */
function ratioChart(): string {
  const rows = readResults('inference.csv').filter((row) => row['engine'] === 'ours/simd' && row['threads'] === '1');
  const measured = rows.filter((row) => row['ratio_to_onnxruntime'] !== '' && !row['network']!.includes(','));
  const byCpu = [...new Set(measured.map(({ cpu }) => cpu))].map((cpu) => measured.filter((row) => row['cpu'] === cpu));
  const most = byCpu.reduce((best, some) => (some.length > best.length ? some : best), []);
  const bars = most.map((row): Bar => {
    const major = /^v(\d+)/.exec(row['node']!)?.[1];
    return {
      label: `${row['network']}, ${row['size']}×${row['size']}, Node ${major}`,
      value: Number(row['ratio_to_onnxruntime']),
    };
  });
  const newest = [...new Map(bars.map((bar) => [bar.label, bar])).values()];
  return ratioBars('ours/simd, 1 thread: times as fast as onnxruntime-node', newest);
}

await writeFile(join(FIGURES, 'band.svg'), bandChart());
await writeFile(join(FIGURES, 'ratio-onnxruntime-1.svg'), ratioChart());
