/** Draws a timeline as plain SVG, in colours that work on light and dark pages. */

interface Span {
  start: number;
  end: number;
}

const WIDTH = 960;
const LEFT = 90;
const LANE = 26;
const TOP = 10;
const COLOURS: Readonly<Record<string, string>> = {
  read: '#56b4e9',
  prepare: '#e69f00',
  compute: '#0072b2',
  write: '#009e73',
};
const INK = '#808890';
/** In pixels. Narrower bars would be invisible. */
const NARROWEST = 0.5;

/** @param zero start of the axis, ms */
export function timelineSvg(lanes: ReadonlyMap<string, readonly Span[]>, zero: number): string {
  const last = Math.max(...[...lanes.values()].flat().map(({ end }) => end)) - zero;
  const x = (ms: number) => LEFT + (ms / last) * (WIDTH - LEFT - 16);
  const bottom = TOP + LANE * lanes.size;
  const parts = ['<title>When reading, preparing, computing and writing were at work</title>'];
  for (const [i, [lane, spans]] of [...lanes].entries()) {
    const y = TOP + LANE * i;
    const colour = COLOURS[lane.split(' ')[0] as string] ?? INK;
    parts.push(`<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end" fill="${INK}">${lane}</text>`);
    for (const { start, end } of spans) {
      const left = x(start - zero);
      const width = Math.max(NARROWEST, x(end - zero) - left - 0.3);
      parts.push(
        `<rect x="${left.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="${LANE - 8}" fill="${colour}"/>`,
      );
    }
  }
  const step = tickStep(last);
  for (let tick = 0; tick <= last; tick += step) {
    parts.push(
      `<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${TOP}" y2="${bottom}" stroke="${INK}" opacity="0.3"/>`,
      `<text x="${x(tick).toFixed(1)}" y="${bottom + 16}" text-anchor="middle" fill="${INK}">${tick / 1000} s</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 24}" role="img" font-family="system-ui, sans-serif" font-size="12">${parts.join('')}</svg>\n`;
}

/** A round number of milliseconds that divides the whole into about ten steps. */
function tickStep(last: number): number {
  const power = 10 ** Math.floor(Math.log10(last / 10));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => last / step <= 12) ?? 10 * power;
}
