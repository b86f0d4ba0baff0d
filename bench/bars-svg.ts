/** Draws bars as plain SVG, in colours that work on light and dark pages. */

export interface Bar {
  label: string;
  value: number;
  /** The measured range. */
  low: number;
  high: number;
  isOurs: boolean;
}

export interface Part {
  label: string;
  value: number;
}

const WIDTH = 720;
const LEFT = 270;
const RIGHT = 90;
const TOP = 30;
const LINE = 24;
const OURS = '#0072b2';
const THEIRS = '#d55e00';
const PARTS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00'];
const INK = '#808890';

/** Horizontal bars, one a line, with a whisker from the smallest to the largest value. */
export function barsSvg(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, high }) => Math.max(value, high)));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const lines = bars.map(({ label, value, low, high, isOurs }, i) => {
    const y = TOP + LINE * i;
    const colour = isOurs ? OURS : THEIRS;
    const whisker =
      low > 0 && high > 0
        ? `<line x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${y + 9}" y2="${y + 9}" stroke="${INK}" stroke-width="2"/>`
        : '';
    return [
      text(LEFT - 8, y + 13, label, 'end'),
      `<rect x="${LEFT}" y="${y + 2}" width="${(x(value) - LEFT).toFixed(1)}" height="${LINE - 10}" fill="${colour}"/>`,
      whisker,
      text(Math.max(x(value), x(high)) + 6, y + 13, number(value), 'start'),
    ].join('');
  });
  return svg(title, TOP + LINE * bars.length + 8, lines.join(''));
}

/** One stacked bar of parts, with a line of text for each part. */
export function stackSvg(title: string, parts: readonly Part[]): string {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const x = (value: number) => LEFT + (value / total) * (WIDTH - LEFT - RIGHT);
  let before = 0;
  const lines = parts.map(({ label, value }, i) => {
    const y = TOP + LINE * i;
    const [from, to] = [x(before), x(before + value)];
    before += value;
    return [
      text(LEFT - 8, y + 13, label, 'end'),
      `<rect x="${from.toFixed(1)}" y="${y + 2}" width="${Math.max(0.5, to - from).toFixed(1)}" height="${LINE - 10}" fill="${PARTS[i % PARTS.length]}"/>`,
      text(to + 6, y + 13, number(value), 'start'),
    ].join('');
  });
  return svg(`${title}, ${number(total)} in all`, TOP + LINE * parts.length + 8, lines.join(''));
}

function svg(title: string, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>${text(8, 16, title, 'start')}${body}</svg>\n`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value < 10_000 ? 3 : 5 });
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" fill="${INK}">${words}</text>`;
}
