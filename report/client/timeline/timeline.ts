/**
 * Many windows in one strip: a bar each, as high as its distance. A dragged or slid range goes to the table; its worst
 * window to the closer look and the images.
 */

import { formatValue, plural, shorten, verdictStyle } from '../../format.js';
import type { PageData } from '../../page-data.js';
import { Changing, h, s } from '../dom.js';
import type { WindowChoice } from '../panels/closer-look.js';

/** Which windows of many are looked at: from one to the last one, in order. */
export class WindowRange extends Changing {
  from = 0;
  to: number;
  readonly #last: number;

  constructor(count: number) {
    super();
    this.#last = count - 1;
    this.to = this.#last;
  }

  get isAll(): boolean {
    return this.from === 0 && this.to === this.#last;
  }

  has(index: number): boolean {
    return index >= this.from && index <= this.to;
  }

  /** In any order; kept within the windows that there are. */
  set(a: number, b: number): void {
    const within = (index: number) => Math.min(Math.max(index, 0), this.#last);
    [this.from, this.to] = [within(Math.min(a, b)), within(Math.max(a, b))];
    this.changed();
  }
}

/**
 * The drifted window of a range whose accuracy fell most, as the first card has it; without a fall, the one farthest
 * beyond its band, since methods differ in units; the last one if none drifted.
 */
export function worstIn({ drift, methods }: PageData, range: Pick<WindowRange, 'from' | 'to'>): number {
  const fall = (index: number) => drift.windows[index]!.fall;
  const beyond = (index: number) => {
    const { alarmed_by: name, methods: reports } = drift.windows[index]!;
    const report = reports[name ?? methods[0]?.name ?? ''];
    return (report?.value ?? 0) / (report?.band?.[1] || 1);
  };
  const isWorse = (index: number, than: number) => (fall(index) - fall(than) || beyond(index) - beyond(than)) > 0;
  let worst: number | null = null;
  for (let index = range.from; index <= range.to; index++) {
    if (drift.windows[index]!.verdict === 'drift' && (worst === null || isWorse(index, worst))) worst = index;
  }
  return worst ?? range.to;
}

const HEIGHT = 88;
/** Units of the drawing; it is stretched to the page's width. */
const BAR = 4;
const NAME_LENGTH = 24;

export function timeline(frame: HTMLElement, data: PageData, range: WindowRange, choice: WindowChoice): void {
  const { windows } = data.drift;
  const drawing = bars(data);
  const shade = h('div.timeline-shade', { 'aria-hidden': 'true' });
  const stage = h('div.timeline-stage', drawing, shade);
  const [from, to] = [slider('First window', data), slider('Last window', data)];
  const told = h('p.timeline-told', { 'aria-live': 'polite' });
  const all = h('button.quiet', { onclick: () => range.set(0, windows.length - 1) }, 'All windows');

  from.addEventListener('input', () => range.set(from.valueAsNumber, Math.max(from.valueAsNumber, range.to)));
  to.addEventListener('input', () => range.set(Math.min(range.from, to.valueAsNumber), to.valueAsNumber));
  drag(stage, windows.length, range);

  const slide = (input: HTMLInputElement, index: number) => {
    input.value = String(index);
    input.setAttribute('aria-valuetext', windows[index]!.name);
  };
  const show = () => {
    slide(from, range.from);
    slide(to, range.to);
    shade.style.left = `${(100 * range.from) / windows.length}%`;
    shade.style.width = `${(100 * (range.to - range.from + 1)) / windows.length}%`;
    told.textContent = words(data, range);
    all.disabled = range.isAll;
    shade.hidden = range.isAll;
  };
  range.onChange(() => {
    show();
    filterTable(range);
    choice.choose(worstIn(data, range));
  });
  frame.append(
    h('p.timeline-axis', h('span', axisTitle(data))),
    stage,
    h('p.timeline-axis', { 'aria-hidden': 'true' }, ...axisNames(data)),
    h('div.timeline-sliders', h('label', 'From ', from), h('label', 'to ', to), all),
    told,
  );
  show();
}

function bars({ drift, methods }: PageData): SVGElement {
  const name = methods[0]?.name ?? '';
  const values = drift.windows.map((window) => window.methods[name]?.value ?? 0);
  const most = Math.max(...values.filter(Number.isFinite), 1e-9);
  return s(
    'svg.timeline-bars',
    { viewBox: `0 0 ${BAR * values.length} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    ...drift.windows.map(({ verdict }, i) => {
      const height = Math.max(3, (HEIGHT * Math.max(0, values[i]!)) / most);
      return s(`rect.fill-${verdictStyle(verdict).key}`, { x: BAR * i, y: HEIGHT - height, width: BAR - 1, height });
    }),
  );
}

function axisTitle({ drift, methods }: PageData): string {
  const method = methods[0];
  const values = drift.windows.map((window) => window.methods[method?.name ?? '']?.value ?? 0);
  return `${method?.title ?? 'Distance'}, from 0 to ${formatValue(Math.max(...values.filter(Number.isFinite), 0))}`;
}

function axisNames({ drift: { windows } }: PageData): HTMLElement[] {
  const places = [0, Math.floor((windows.length - 1) / 2), windows.length - 1];
  return places.map((index) => h('span', shorten(windows[index]!.name, NAME_LENGTH)));
}

function slider(label: string, { drift }: PageData): HTMLInputElement {
  return h('input', { type: 'range', min: 0, max: drift.windows.length - 1, step: 1, 'aria-label': label });
}

function words({ drift: { windows } }: PageData, range: WindowRange): string {
  const chosen = windows.slice(range.from, range.to + 1);
  const drifted = chosen.filter(({ verdict }) => verdict === 'drift').length;
  const counted = `${plural(chosen.length, 'window')}, ${drifted} with drift`;
  if (range.isAll) return `${counted}. Drag over the strip to choose some.`;
  const [first, last] = [chosen[0]!.name, chosen.at(-1)!.name].map((name) => shorten(name, NAME_LENGTH));
  return `${first} to ${last}: ${counted}. The images and the closer look show the worst of them.`;
}

/** A range is chosen when the pointer is let go, so that the page below does not flicker. */
function drag(stage: HTMLElement, count: number, range: WindowRange): void {
  let start: number | null = null;
  const indexAt = ({ clientX }: PointerEvent) => {
    const { left, width } = stage.getBoundingClientRect();
    return Math.floor((count * (clientX - left)) / Math.max(1, width));
  };
  stage.addEventListener('pointerdown', (event) => {
    start = indexAt(event);
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointerup', (event) => {
    if (start !== null) range.set(start, indexAt(event));
    start = null;
  });
  stage.addEventListener('pointercancel', () => {
    start = null;
  });
}

/** Rows of the table of all windows are in their order. */
function filterTable(range: WindowRange): void {
  for (const [index, row] of document.querySelectorAll('.window-row').entries()) {
    row.classList.toggle('out-of-range', !range.has(index));
  }
}
