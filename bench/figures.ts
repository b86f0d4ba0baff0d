/**
 * Draws the pictures of `docs/drift.md` from the measurements: `node dist/bench/figures.js`. Plain SVG, in colours that
 * work on light and dark pages.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const FIGURES = fileURLToPath(new URL('../../docs/figures/', import.meta.url));

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
  /** Horizontal stripe, e.g. the range a figure should lie in. */
  stripe?: readonly [number, number];
  yMax: number;
  yTicks: readonly number[];
  format(y: number): string;
}

/** Lines over a logarithmic x axis. */
function draw({ title, x, y, series, stripe, yMax, yTicks, format }: Chart): string {
  const xs = series.flatMap(({ points }) => points.map(([value]) => value));
  const [low, high] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const left = (value: number) =>
    MARGIN.left + ((Math.log10(value) - low) / (high - low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const top = (value: number) => HEIGHT - MARGIN.bottom - (value / yMax) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const right = WIDTH - MARGIN.right;
  const parts: string[] = [];
  if (stripe) {
    const height = top(stripe[0]) - top(stripe[1]);
    parts.push(
      `<rect x="${MARGIN.left}" y="${top(stripe[1])}" width="${right - MARGIN.left}" height="${height}" fill="${INK}" opacity="0.18"/>`,
    );
  }
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
    if (points.length < 20) {
      for (const [px, py] of points) parts.push(`<circle cx="${left(px)}" cy="${top(py)}" r="3" fill="${colour}"/>`);
    }
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

async function rowsOf(name: string): Promise<Record<string, string>[]> {
  const [header, ...lines] = (await readFile(RESULTS + name, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries((header ?? []).map((column, i) => [column, cells[i] ?? ''])));
}

/** Share of alarms without drift on real embeddings, with a line for each number of clusters and baseline size. */
async function calibrationChart(): Promise<string> {
  const rows = (await rowsOf('calibration-counts.csv')).filter(
    ({ data, method, rule }) => data === 'CIFAR-10 embeddings' && method === 'js' && rule === 'p <= 0.05',
  );
  const name = ({ clusters, baseline_rows }: Record<string, string>) => `k ${clusters}, m ${baseline_rows}`;
  const series = [...new Set(rows.map(name))].map((line) => ({
    name: line,
    points: rows
      .filter((row) => name(row) === line)
      .map(({ window_rows, share }) => [Number(window_rows), Number(share)] as const),
  }));
  return draw({
    title: 'False alarms at a nominal 5 %',
    x: 'rows in the window',
    y: 'share of windows without drift that alarm; grey: 3 to 7 %',
    series,
    stripe: [0.03, 0.07],
    yMax: 0.12,
    yTicks: [0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12],
    format: (value) => `${Math.round(100 * value)} %`,
  });
}

await writeFile(`${FIGURES}band.svg`, bandChart());
await writeFile(`${FIGURES}calibration.svg`, await calibrationChart());
