/** Daily drift of one custom feature against one baseline, as two charts and a table. */
import type { DriftBin, PageDrift, PageModel } from '../page-data.js';
import { ask, Refused } from './api.js';
import { day, lineChart, number } from './chart.js';
import { h } from './dom.js';

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
    fill(
      this.#model.input,
      this.#models.map(({ id, project, name, version }) => [id, `${project} / ${name} ${version}`]),
    );
    this.#fillChoices();
  }

  #chosen(): PageModel | undefined {
    return this.#models.find(({ id }) => id === this.#model.input.value);
  }

  #fillChoices(): void {
    const model = this.#chosen();
    fill(
      this.#feature.input,
      (model?.features ?? []).map((name) => [name, name]),
    );
    fill(
      this.#baseline.input,
      (model?.baselines ?? []).map(({ id, name, type }) => [id, type === 'ROLLING' ? `${name} (rolling)` : name]),
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
  const head = ['Events', 'JSD', 'PSI'];
  const cell = (value: number | null) => h('td', { class: 'number' }, value === null ? '–' : value.toFixed(6));
  const body = bins.map(({ from, rows, jsd, psi }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, new Date(from).toISOString().slice(0, 10)),
      h('td', { class: 'number' }, rows.toLocaleString('en')),
      cell(jsd),
      cell(psi),
    ),
  );
  return h(
    'details',
    { open },
    h('summary', {}, 'The numbers as a table'),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Drift by ${by}` },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, by === 'day' ? 'Day' : 'Week from'),
            ...head.map((text) => h('th', { scope: 'col', class: 'number' }, text)),
          ),
        ),
        h('tbody', {}, ...body),
      ),
    ),
  );
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
