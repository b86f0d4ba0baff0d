/** The points that are shown, as a table: for those who cannot see the cloud, or want to read it. */
import { NOT_KNOWN, shorten } from '../../format.js';
import type { ReportProjection } from '../../report-data.js';
import { h } from '../dom.js';

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
