/** Daily drift of one custom feature against one baseline, as two charts and a table. */
import type { DriftBin, PageDrift, PageModel } from '../page-data.js';
import { ask, h, Refused, s, scrollTable } from './dom.js';

const METRICS = [
  { id: 'jsd', name: 'Jensen–Shannon distance', unit: 'square root, natural logarithm; at most 0.833' },
  { id: 'psi', name: 'Population stability index', unit: 'one row more in every bin' },
] as const;

export class DriftPanel {
  readonly element = h('section', { 'aria-labelledby': 'drift-heading' });
  readonly #charts = h('div', { class: 'charts' });
  readonly #selects = h('div', { class: 'selects' });
  readonly #model = select('Model');
  readonly #feature = select('Custom feature');
  readonly #baseline = select('Baseline');
  #models: readonly PageModel[] = [];
  #drift: PageDrift | null = null;
  #asked = 0;

  constructor() {
    this.#selects.append(this.#model.label, this.#feature.label, this.#baseline.label);
    this.element.append(h('h2', { id: 'drift-heading' }, 'Drift'), this.#selects, this.#charts);
    this.#model.input.addEventListener('change', () => this.#fillChoices());
    for (const { input } of [this.#feature, this.#baseline]) input.addEventListener('change', () => void this.#load());
    new ResizeObserver(() => this.#draw()).observe(this.#charts);
  }

  /** Keeps the selected options if they still exist. */
  show(models: readonly PageModel[]): void {
    this.#models = models.filter(({ features }) => features.length > 0);
    const names = this.#models.map(
      ({ id, project, name, version }) => [id, `${project} / ${name} ${version}`] as const,
    );
    fill(this.#model.input, names);
    this.#fillChoices();
  }

  #chosen(): PageModel | undefined {
    return this.#models.find(({ id }) => id === this.#model.input.value);
  }

  #fillChoices(): void {
    const model = this.#chosen();
    const { features = [], baselines = [] } = model ?? {};
    const named = (name: string, type: string) => (type === 'ROLLING' ? `${name} (rolling)` : name);
    fill(
      this.#feature.input,
      features.map((name) => [name, name] as const),
    );
    fill(
      this.#baseline.input,
      baselines.map(({ id, name, type }) => [id, named(name, type)] as const),
    );
    void this.#load();
  }

  async #load(): Promise<void> {
    const model = this.#chosen();
    const [feature, baseline] = [this.#feature.input.value, this.#baseline.input.value];
    this.#selects.hidden = model === undefined;
    if (model === undefined) return this.#say('No model with clustered embeddings yet: onboard one.');
    if (!baseline) return this.#say('No baseline yet: publish the reference data.');
    const turn = ++this.#asked;
    try {
      const drift = await ask<PageDrift>('/emulator/drift', { model: model.id, feature, baseline });
      if (turn !== this.#asked) return;
      if (drift.bins.length === 0) return this.#say('No production events yet.');
      this.#drift = drift;
      this.#draw();
    } catch (error) {
      if (turn === this.#asked) this.#say(error instanceof Refused ? error.message : 'The emulator does not answer.');
    }
  }

  #say(text: string): void {
    this.#drift = null;
    this.#charts.replaceChildren(h('p', { class: 'note' }, text));
  }

  #draw(): void {
    if (this.#drift === null) return;
    const { bin, bins } = this.#drift;
    const open = this.#charts.querySelector('details')?.open ?? false;
    const width = Math.max(240, Math.floor(this.#charts.clientWidth));
    const by = bin === 'Day' ? 'day' : 'week';
    const figures = METRICS.map(({ id, name, unit }) => {
      const points = bins.map((each) => ({
        time: each.from,
        value: each[id],
        title: pointTitle(each, name, each[id]),
      }));
      const chart = lineChart(points, { width, label: `${name} by ${by}; the numbers are in the table below` });
      return h('figure', {}, h('figcaption', {}, `${name} by ${by} `, h('span', { class: 'unit' }, unit)), chart);
    });
    this.#charts.replaceChildren(...figures, table(bins, by, open));
  }
}

function pointTitle({ from, rows }: DriftBin, name: string, value: number | null): string {
  return `${day(from)}: ${name} ${value === null ? 'unknown' : number(value)}, ${rows.toLocaleString('en')} events`;
}

function table(bins: readonly DriftBin[], by: string, open: boolean): HTMLElement {
  const cell = (text: string) => h('td', { class: 'number' }, text);
  const metric = (value: number | null) => cell(value === null ? '–' : value.toFixed(6));
  const rows = bins.map(({ from, rows: count, jsd, psi }) => {
    const date = h('th', { scope: 'row' }, new Date(from).toISOString().slice(0, 10));
    return h('tr', {}, date, cell(count.toLocaleString('en')), metric(jsd), metric(psi));
  });
  const first = by === 'day' ? 'Day' : 'Week from';
  const heads = [first, 'Events', 'JSD', 'PSI'].map((text) => ({ text, isNumber: text !== first }));
  const numbers = scrollTable({ class: 'scroll', label: `Drift by ${by}` }, heads, rows);
  return h('details', { open }, h('summary', {}, 'The numbers as a table'), numbers);
}

function select(text: string): { label: HTMLLabelElement; input: HTMLSelectElement } {
  const input = h('select');
  return { label: h('label', {}, h('span', {}, text), input), input };
}

/** Leaves an unchanged list alone, because it may be open. */
function fill(input: HTMLSelectElement, options: readonly (readonly [value: string, text: string])[]): void {
  const key = JSON.stringify(options);
  if (input.dataset['options'] === key) return;
  const before = input.value;
  input.dataset['options'] = key;
  input.replaceChildren(...options.map(([value, text]) => h('option', { value }, text)));
  if (options.some(([value]) => value === before)) input.value = before;
}

/** A metric by day as SVG: a line with points, a gap for each day without events, the value of the focused point. */
interface Point {
  /** Milliseconds since 1970. */
  time: number;
  value: number | null;
  /** The point's tooltip. */
  title: string;
}

interface ChartOptions {
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

function lineChart(points: readonly Point[], { width, label }: ChartOptions): SVGSVGElement {
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

function day(time: number): string {
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

function number(value: number): string {
  return value === 0 ? '0' : value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
