/** The images that a person has kept, in the order of keeping. */
import { h } from '../dom.js';

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
