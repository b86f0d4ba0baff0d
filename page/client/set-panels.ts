/** Steps 2 and 3: the baseline, and the windows that are compared with it. */
import type { GivenFile, OwnFile, SetFacts } from '../run/messages.js';
import { h, list } from './dom.js';
import { windowsIn } from './given-files.js';
import type { Link } from './link.js';
import { dropPlace, Panel } from './panel.js';

type Files = readonly GivenFile[] | readonly OwnFile[];

const FORMATS =
  'A folder, tar, zip or npz of images, or events: what a model made of images, saved before (.parquet, .jsonl, .csv, .npz)';

function sample(name: string): OwnFile[] {
  return [{ path: `${name}.npz`, url: `samples/${name}.npz` }];
}

function sampleButton(text: string, use: () => void): HTMLElement {
  return h('button', { type: 'button', onclick: use }, text);
}

export class BaselinePanel extends Panel {
  readonly #facts = h('div', { class: 'facts' });
  #name: string | null = null;

  constructor(
    link: Link,
    readonly changed: () => void,
  ) {
    super(
      link,
      'baseline',
      '2. Baseline',
      `The images that the model was approved on. ${FORMATS}, or a profile (.json).`,
    );
    const bundled = sampleButton('Use the bundled baseline', () => void this.#take(sample('reference')));
    this.place.append(dropPlace('baseline images', (files) => void this.#take(files), [bundled]));
    this.body.append(this.#facts);
  }

  protected override more(): (HTMLElement | null)[] {
    return [this.#name === null ? null : h('p', `${this.#name} is still the baseline.`)];
  }

  async #take(files: Files): Promise<void> {
    const facts = await this.run((progress) => this.link.ask('takeSet', ['baseline', files], progress));
    if (facts === null) return;
    this.changed();
    this.#name = nameOf(files);
    this.#facts.replaceChildren(...factsOf(this.#name, facts));
    this.succeed(`The baseline is there: ${facts.words}.`);
  }
}

function nameOf(files: Files): string {
  const tops = new Set(files.map(({ path }) => path.split('/')[0]!));
  return tops.size === 1 ? [...tops][0]! : `${files.length.toLocaleString('en')} files`;
}

function factsOf(name: string, { words, notices }: SetFacts): HTMLElement[] {
  return [h('p', h('strong', name), ` ${words}`), list(notices, 'lines soft')].filter((part) => part !== null);
}

export class WindowsPanel extends Panel {
  readonly #list = h('ul', { class: 'windows' });
  /** Slots in their order. */
  readonly slots: string[] = [];
  #count = 0;

  constructor(
    link: Link,
    readonly changed: () => void,
  ) {
    super(
      link,
      'windows',
      '3. Windows',
      `What is judged, such as a week of images. ${FORMATS}. Each folder or file is a window of its own.`,
    );
    const bundled = sampleButton('Use the bundled window', () => void this.#take(sample('production')));
    this.place.append(dropPlace('windows', (files) => void this.#takeAll(files), [bundled]));
    this.body.append(this.#list);
  }

  async #takeAll(files: readonly GivenFile[]): Promise<void> {
    for (const window of windowsIn(files)) {
      if (!(await this.#take(window))) return;
    }
    if (files.length === 0) await this.#take(files);
  }

  async #take(files: Files): Promise<boolean> {
    const slot = `window-${++this.#count}`;
    const facts = await this.run((progress) => this.link.ask('takeSet', [slot, files], progress));
    if (facts === null) return false;
    this.changed();
    this.slots.push(slot);
    const name = nameOf(files);
    const remove = h('button', { type: 'button', 'aria-label': `Remove ${name}`, class: 'quiet' }, 'Remove');
    const item = h('li', ...factsOf(name, facts), remove);
    remove.addEventListener('click', () => this.#remove(slot, item, name));
    this.#list.append(item);
    this.say(`${name} is there: ${facts.words}.`);
    return true;
  }

  async #remove(slot: string, item: HTMLElement, name: string): Promise<void> {
    this.slots.splice(this.slots.indexOf(slot), 1);
    item.remove();
    this.changed();
    this.element.querySelector<HTMLElement>('.drop button')?.focus();
    await this.link.ask('dropSet', [slot]);
    this.say(`${name} is removed.`);
  }
}
