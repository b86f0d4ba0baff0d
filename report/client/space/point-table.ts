/** The points that are shown, as a table: for those who cannot see the cloud, or want to read it. */
import { NOT_KNOWN, shorten } from '../../format.js';
import type { ProjectedPoint, ReportProjection } from '../../report-data.js';
import { h } from '../dom.js';
import { isCorrect, type Thumbnails } from '../thumbnails.js';

const PAGE = 100;
const NAME_LENGTH = 60;

export class PointTable {
  readonly element: HTMLDetailsElement;
  readonly #frame = h('div', { class: 'point-table' });
  #points: number[] = [];
  readonly #projection: ReportProjection;

  constructor(projection: ReportProjection) {
    this.#projection = projection;
    this.element = h('details', { class: 'points' }, h('summary', {}, 'The points as a table'), this.#frame);
    this.element.addEventListener('toggle', () => this.#fill());
  }

  /** @param points the shown ones */
  show(points: number[]): void {
    this.#points = points;
    this.#fill();
  }

  /** Rows are made only while they can be seen. */
  #fill(): void {
    this.#frame.replaceChildren();
    if (!this.element.open) return;
    const body = h('tbody');
    const more = h('button', { type: 'button' });
    let next = 0;
    const addPage = () => {
      const page = this.#points.slice(next, next + PAGE);
      body.append(...page.map((point) => this.#row(point)));
      next += page.length;
      more.textContent = `Show more: ${this.#points.length - next} left`;
      more.hidden = next >= this.#points.length;
    };
    more.addEventListener('click', addPage);
    const head = ['Image', 'Set', 'Cluster', 'Label', 'Predicted'].map((text) => h('th', { scope: 'col' }, text));
    this.#frame.append(
      h(
        'table',
        {},
        h('caption', { class: 'vh' }, 'Points of the shown sets'),
        h('thead', {}, h('tr', {}, ...head)),
        body,
      ),
      more,
    );
    addPage();
  }

  #row(point: number): HTMLElement {
    const { label, set, cluster, target, predicted } = this.#projection.points[point]!;
    const cells = [
      this.#projection.sets[set] ?? NOT_KNOWN,
      String(cluster + 1),
      target ?? NOT_KNOWN,
      predicted ?? NOT_KNOWN,
    ];
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, shorten(label, NAME_LENGTH)),
      ...cells.map((text) => h('td', {}, shorten(text, NAME_LENGTH))),
    );
  }
}

/** What is known of one point: its image, its label, its prediction, its set. */
const IMAGE_SIZE = 84;
const LABEL_LENGTH = 60;

export function pointCard(point: ProjectedPoint, setName: string, thumbnails: Thumbnails): HTMLElement {
  const correct = isCorrect(point);
  return h(
    'div',
    { class: 'point-card' },
    thumbnails.image(point, IMAGE_SIZE),
    h(
      'dl',
      {},
      h(
        'div',
        { class: 'point-name' },
        h('dt', { class: 'vh' }, 'Image'),
        h('dd', {}, shorten(point.label, LABEL_LENGTH)),
      ),
      line('Label', point.target),
      line('Predicted', point.predicted === null ? null : `${point.predicted}${correct === false ? ' ✕' : ''}`),
      line('Set', setName),
      line('Cluster', String(point.cluster + 1)),
    ),
  );
}

function line(name: string, value: string | null): HTMLElement | null {
  return value === null ? null : h('div', {}, h('dt', {}, name), h('dd', {}, shorten(value, LABEL_LENGTH)));
}

/** The images that a person has kept, in the order of keeping. */
export class Pins {
  readonly element: HTMLElement;
  readonly #list = h('ul', { class: 'pin-list' });
  readonly #hint = h('p', { class: 'note' }, 'Nothing kept yet: click a point, or press Enter on it.');
  readonly #kept = new Map<number, HTMLElement>();

  constructor() {
    this.element = h('div', { class: 'pins' }, h('h3', {}, 'Kept images'), this.#hint, this.#list);
  }

  has(point: number): boolean {
    return this.#kept.has(point);
  }

  /** @param name for the button that lets go of it */
  add(point: number, card: HTMLElement, name: string): void {
    if (this.has(point)) return;
    const remove = h('button', { type: 'button', class: 'quiet', 'aria-label': `Let go of ${name}` }, '✕');
    const item = h('li', {}, card, remove);
    remove.addEventListener('click', () => this.#remove(point));
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
