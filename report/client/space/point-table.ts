/** The points that are shown, as a table: for those who cannot see the cloud, or want to read it. */
import { NOT_KNOWN, shorten } from '../../format.js';
import type { ProjectedPoint, ReportProjection } from '../../report-data.js';
import { dataTable, h, tableRow } from '../dom.js';
import { isCorrect, type Thumbnails } from '../thumbnails.js';

const PAGE = 100;
const NAME_LENGTH = 60;
const COLUMNS = ['Image', 'Set', 'Cluster', 'Label', 'Predicted'].map((title) => ({ title }));

export class PointTable {
  readonly element: HTMLDetailsElement;
  readonly #frame = h('div.point-table');
  #points: number[] = [];
  readonly #projection: ReportProjection;

  constructor(projection: ReportProjection) {
    this.#projection = projection;
    this.element = h('details.points', h('summary', 'The points as a table'), this.#frame);
    this.element.addEventListener('toggle', () => this.#fill());
  }

  show(points: number[]): void {
    this.#points = points;
    this.#fill();
  }

  /** Rows are made only while they can be seen. */
  #fill(): void {
    this.#frame.replaceChildren();
    if (!this.element.open) return;
    const table = dataTable('table', h('caption.vh', 'Points of the shown sets'), COLUMNS, []);
    let next = 0;
    const addPage = () => {
      const page = this.#points.slice(next, next + PAGE);
      table.tBodies[0]?.append(...page.map((point) => tableRow(this.#cells(point), COLUMNS)));
      next += page.length;
      more.textContent = `Show more: ${this.#points.length - next} left`;
      more.hidden = next >= this.#points.length;
    };
    const more = h('button', { onclick: addPage });
    this.#frame.append(table, more);
    addPage();
  }

  #cells(point: number): string[] {
    const { label, set, cluster, target, predicted } = this.#projection.points[point]!;
    const cells = [label, this.#projection.sets[set], String(cluster + 1), target, predicted];
    return cells.map((text) => shorten(text ?? NOT_KNOWN, NAME_LENGTH));
  }
}

const IMAGE_SIZE = 84;

export function pointCard(point: ProjectedPoint, setName: string, thumbnails: Thumbnails): HTMLElement {
  const correct = isCorrect(point);
  return h(
    'div.point-card',
    thumbnails.image(point, IMAGE_SIZE),
    h(
      'dl',
      h('div.point-name', h('dt.vh', 'Image'), h('dd', shorten(point.label, NAME_LENGTH))),
      line('Label', point.target),
      line('Predicted', point.predicted === null ? null : `${point.predicted}${correct === false ? ' ✕' : ''}`),
      line('Set', setName),
      line('Cluster', String(point.cluster + 1)),
    ),
  );
}

function line(name: string, value: string | null): HTMLElement | null {
  return value === null ? null : h('div', h('dt', name), h('dd', shorten(value, NAME_LENGTH)));
}

export class Pins {
  readonly element: HTMLElement;
  readonly #list = h('ul.pin-list');
  readonly #hint = h('p.note', 'Nothing kept yet: click a point, or press Enter on it.');
  readonly #kept = new Map<number, HTMLElement>();

  constructor() {
    this.element = h('div.pins', h('h3', 'Kept images'), this.#hint, this.#list);
  }

  has(point: number): boolean {
    return this.#kept.has(point);
  }

  /** @param name for the button that lets go of it */
  add(point: number, card: HTMLElement, name: string): void {
    if (this.has(point)) return;
    const attributes = { 'aria-label': `Let go of ${name}`, onclick: () => this.#remove(point) };
    const item = h('li', card, h('button.quiet', attributes, '✕'));
    this.#kept.set(point, item);
    this.#list.append(item);
    this.#hint.hidden = true;
  }

  #remove(point: number): void {
    const item = this.#kept.get(point);
    const next = item?.nextElementSibling ?? item?.previousElementSibling;
    item?.remove();
    this.#kept.delete(point);
    this.#hint.hidden = this.#kept.size > 0;
    next?.querySelector('button')?.focus();
  }
}
