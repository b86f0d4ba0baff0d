/** Step 1: the model, and what its conversion has to assume. */
import type { GivenFile, ModelFacts, ModelField, OwnFile } from '../run/messages.js';
import { h, list } from './dom.js';
import type { Link } from './link.js';
import { dropPlace, Panel } from './panel.js';

const BUNDLED: readonly OwnFile[] = ['model.json', ...[1, 2, 3].map((part) => `group1-shard${part}of3.bin`)].map(
  (name) => ({ path: `fashion-mnist-resnet18/${name}`, url: `model/${name}` }),
);
/** Asked for first; the others are folded away. */
const USUAL: readonly string[] = ['size', 'resize', 'crop', 'mean', 'std', 'interpolation', 'channelOrder', 'classes'];

export class ModelPanel extends Panel {
  readonly #facts = h('div', { class: 'facts' });
  readonly #form = h('form', { hidden: true, novalidate: true });
  readonly #opened: (facts: ModelFacts | null) => void;
  #files: readonly GivenFile[] | readonly OwnFile[] = [];
  #what = 'the model';
  #check: GivenFile | null = null;

  constructor(link: Link, opened: (facts: ModelFacts | null) => void) {
    super(
      link,
      'model',
      '1. Model',
      '.pth, .pt, .ckpt, .safetensors, .pt2, .onnx, a Hugging Face folder, a model of TensorFlow.js, or weights that were saved here. Not needed if you only have events.',
    );
    this.#opened = opened;
    const bundled = h(
      'button',
      { type: 'button', onclick: () => void this.#begin(BUNDLED, 'the bundled ResNet-18') },
      'Use the bundled model',
    );
    this.body.append(
      dropPlace('model files', (files) => void this.#take(files), [bundled]),
      this.#facts,
      this.#form,
    );
  }

  async start(): Promise<void> {
    this.#fill(await this.link.ask('fields', []));
  }

  async #take(files: readonly GivenFile[]): Promise<void> {
    const [first] = files;
    const isCheck = files.length === 1 && first!.path.endsWith('.npz');
    if (!isCheck) return this.#begin(files, first?.path.split('/')[0] ?? 'the model');
    this.#check = first!;
    await this.#open(this.#files, this.#what);
  }

  /** What was chosen for another model is forgotten. */
  async #begin(files: readonly GivenFile[] | readonly OwnFile[], what: string): Promise<void> {
    this.#form.reset();
    this.#check = null;
    await this.#open(files, what);
  }

  async #open(files: readonly GivenFile[] | readonly OwnFile[], what: string): Promise<void> {
    this.#files = files;
    this.#what = what;
    this.#facts.replaceChildren();
    this.#opened(null);
    const choices = Object.fromEntries([...new FormData(this.#form)].map(([name, value]) => [name, String(value)]));
    const facts = await this.run((progress) => this.link.ask('openModel', [files, choices, this.#check], progress));
    // A conversion that failed may lack an answer.
    this.#form.hidden = facts?.taken === null || files === BUNDLED;
    if (facts === null) return;
    this.#show(facts);
    this.#opened(facts);
    this.say(`${what} is ready: ${facts.engine}.`);
  }

  #show({ name, lines, notices, taken }: ModelFacts): void {
    this.#facts.replaceChildren(
      ...[h('h3', name), list(lines), list(notices, 'lines soft')].filter((part) => part !== null),
    );
    for (const place of this.#form.querySelectorAll<HTMLElement>('[data-taken]')) {
      const value = taken?.[place.dataset['taken']!];
      place.textContent = value ? `Taken: ${value}. ` : '';
    }
  }

  #fill(fields: readonly ModelField[]): void {
    const sorted = fields
      .filter(({ name }) => USUAL.includes(name))
      .sort((a, b) => USUAL.indexOf(a.name) - USUAL.indexOf(b.name));
    const others = fields.filter(({ name }) => !USUAL.includes(name));
    const check = h('input', { type: 'file', accept: '.npz', id: 'field-check' });
    check.addEventListener('change', () => {
      const [file] = check.files!;
      this.#check = file === undefined ? null : { path: file.name, content: file };
    });
    const checked = h(
      'div',
      { class: 'field wide' },
      h('label', { for: 'field-check' }, 'check.npz'),
      check,
      h(
        'small',
        'Outputs of your own program, to compare with: image-drift convert --check-script prints what writes it',
      ),
    );
    this.#form.append(
      h('h3', 'What the file does not say'),
      h(
        'p',
        { class: 'soft' },
        'Leave a field empty to keep what was taken. All of it must be as in your own program.',
      ),
      h('div', { class: 'fields' }, ...sorted.map(fieldOf), checked),
      h('details', h('summary', 'More'), h('div', { class: 'fields' }, ...others.map(fieldOf))),
      h('button', { type: 'submit' }, 'Convert with these'),
    );
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#open(this.#files, this.#what);
    });
  }
}

function fieldOf({ name, label, help, choices }: ModelField): HTMLElement {
  const id = `field-${name}`;
  const attributes = { id, name, 'aria-describedby': `${id}-help` };
  const isLong = name === 'classes';
  const input =
    choices !== null
      ? h('select', attributes, ...['', ...choices].map((value) => h('option', { value }, value || 'as taken')))
      : isLong
        ? h('textarea', { ...attributes, rows: 3 })
        : h('input', { ...attributes, autocomplete: 'off', spellcheck: 'false' });
  const words = h('small', { id: `${id}-help` }, h('span', { 'data-taken': name }), help);
  return h('div', { class: isLong ? 'field wide' : 'field' }, h('label', { for: id }, label), input, words);
}
