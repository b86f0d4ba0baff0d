/** The page of images to label: one image at a time, by keyboard; what was said stays in the browser. */
import '../styles/page.css';
import './labels.css';
import { csvText } from '../../../base/index.js';
import type { LabelsPage } from '../../label-pages.js';
import { addThemeSwitch, h, place, saveFile } from '../dom.js';

const KEYS = '1234567890abcdefghijklmnopqrtuvwxyz';

/** An image of fewer pixels a side is a fog where it is large. */
const FEW_PIXELS = 64;

function showSmall({ target }: Event): void {
  if (target instanceof HTMLImageElement) target.classList.toggle('small', target.naturalWidth <= FEW_PIXELS);
}

class Labelling {
  readonly #data: LabelsPage;
  readonly #store: string;
  readonly #labels: Record<string, string>;
  readonly #box: HTMLElement;
  readonly #said = h('p.vh', { role: 'status' });
  #at = 0;

  constructor(box: HTMLElement, data: LabelsPage) {
    this.#box = box;
    this.#data = data;
    this.#store = `image-drift labels ${data.plan}`;
    this.#labels = JSON.parse(localStorage.getItem(this.#store) ?? '{}') as Record<string, string>;
    this.#at = this.#nextOpen(0);
    box.after(this.#said);
    document.addEventListener('keydown', (event) => this.#onKey(event));
    this.#draw();
  }

  /** The first image without a label from a place on, or else before it. */
  #nextOpen(from: number): number {
    const { images } = this.#data;
    const order = [...images.keys()].map((i) => (from + i) % images.length);
    return order.find((i) => this.#labels[i] === undefined) ?? Math.min(from, images.length - 1);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
    const label = this.#data.classes[KEYS.indexOf(event.key)];
    if (event.key === 'ArrowLeft') this.#go(this.#at - 1);
    else if (event.key === 'ArrowRight') this.#go(this.#at + 1);
    else if (event.key === 'Backspace' || event.key === 'Delete') this.#say(null);
    else if (event.key === 's') this.#save();
    else if (label !== undefined) this.#say(label);
    else return;
    event.preventDefault();
  }

  #go(to: number): void {
    this.#at = Math.min(this.#data.images.length - 1, Math.max(0, to));
    this.#draw();
  }

  #say(label: string | null): void {
    if (label === null) delete this.#labels[this.#at];
    else this.#labels[this.#at] = label;
    localStorage.setItem(this.#store, JSON.stringify(this.#labels));
    this.#said.textContent = `${label ?? 'No label'}. ${this.#progress()}`;
    if (label !== null) this.#at = this.#nextOpen(this.#at + 1);
    this.#draw();
  }

  #progress(): string {
    const [known, all] = [Object.keys(this.#labels).length, this.#data.images.length];
    return `${known} of ${all} have a label${known === all ? ': save labels.csv, for image-drift accuracy' : ''}`;
  }

  #draw(): void {
    const { images, classes } = this.#data;
    const { picture, id, image } = images[this.#at]!;
    const name = image ?? id ?? `image ${this.#at + 1}`;
    const shown =
      picture === null
        ? h('p.missing', `No picture: ${name}`)
        : h('img.large', { src: picture, alt: `Image ${this.#at + 1}`, onload: showSmall });
    const said = this.#labels[this.#at];
    const choices = classes.map((label, i) =>
      h(
        'button.choice',
        { 'aria-pressed': String(label === said), onclick: () => this.#say(label) },
        KEYS[i] === undefined ? null : h('kbd', KEYS[i]),
        label,
      ),
    );
    const focused = this.#box.contains(document.activeElement) ? document.activeElement!.textContent : null;
    this.#box.replaceChildren(
      h('p.progress', `Image ${this.#at + 1} of ${images.length}; ${this.#progress()}`),
      h('figure', shown, h('figcaption', name)),
      h('div.choices', { role: 'group', 'aria-label': 'Class' }, ...choices),
      h(
        'div.steps',
        h('button', { onclick: () => this.#go(this.#at - 1) }, h('kbd', '←'), 'Back'),
        h('button', { onclick: () => this.#go(this.#at + 1) }, h('kbd', '→'), 'Next'),
        h('button', { onclick: () => this.#say(null) }, h('kbd', '⌫'), 'No label'),
        h('button.save', { onclick: () => this.#save() }, h('kbd', 's'), 'Save labels.csv'),
      ),
    );
    this.#focus(focused);
  }

  /** What had the focus before all was drawn anew. */
  #focus(text: string | null): void {
    if (text === null) return;
    [...this.#box.querySelectorAll('button')].find((button) => button.textContent === text)?.focus();
  }

  #save(): void {
    const lines = this.#data.images.flatMap(({ id, image }, i) => {
      const label = this.#labels[i];
      return label === undefined ? [] : [[id, image, label, 'plan'].map(csvText).join(',')];
    });
    const text = ['event_id,image,label,chosen_by', ...lines, ''].join('\n');
    saveFile('labels.csv', 'text/csv', text);
  }
}

addThemeSwitch();
const box = place('labels');
const data = JSON.parse(document.getElementById('page-data')!.textContent!) as LabelsPage | null;
if (box !== null && data !== null) new Labelling(box, data);
