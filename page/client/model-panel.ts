/** Step 1: the model, and what its conversion has to assume. */
import type { EngineChoice, Failure, GivenFile, ModelFacts, ModelField, OwnFile } from '../run/messages.js';
import { h, list } from './dom.js';
import { type Link, Refused } from './link.js';
import { dropPlace, Panel } from './panel.js';

const BUNDLED: readonly OwnFile[] = ['model.json', ...[1, 2, 3].map((part) => `group1-shard${part}of3.bin`)].map(
  (name) => ({ path: `fashion-mnist-resnet18/${name}`, url: `model/${name}` }),
);
/** Asked for first; the others are folded away. */
const USUAL: readonly string[] = ['size', 'resize', 'crop', 'mean', 'std', 'interpolation', 'channelOrder', 'classes'];

const ENGINES: readonly (readonly [choice: EngineChoice, words: string])[] = [
  ['auto', 'the faster of CPU and GPU'],
  ['cpu', 'CPU'],
  ['gpu', 'GPU, even if it is slower'],
];

type Files = readonly GivenFile[] | readonly OwnFile[];

/** What is opened: a model, and what its outputs are compared with. */
interface Subject {
  files: Files;
  what: string;
  check: GivenFile | null;
}

export class ModelPanel extends Panel {
  readonly #facts = h('div', { class: 'facts' });
  readonly #form = h('form', { hidden: true, novalidate: true });
  readonly #changed: (facts: ModelFacts | null) => void;
  readonly #title = h('h3');
  readonly #engine = h(
    'select',
    { id: 'engine-choice', 'aria-describedby': 'engine-help' },
    ...ENGINES.map(([value, words]) => h('option', { value }, words)),
  );
  readonly #check = h('input', { type: 'file', accept: '.npz', id: 'field-check' });
  /** What the form is about. */
  #subject: Subject = { files: [], what: 'the model', check: null };
  #opened: Subject | null = null;
  /** What the form had when it was converted last, or opened. */
  #converted = '';

  constructor(link: Link, changed: (facts: ModelFacts | null) => void) {
    super(
      link,
      'model',
      '1. Model',
      '.pth, .pt, .ckpt, .safetensors, .pt2, .onnx, a Hugging Face folder, a model of TensorFlow.js, or weights that were saved here. Not needed for saved events, a table of what a model made of each image.',
    );
    this.#changed = changed;
    const bundled = h(
      'button',
      { type: 'button', onclick: () => void this.#begin(BUNDLED, 'the bundled ResNet-18') },
      'Use the bundled model',
    );
    this.place.append(dropPlace('model files', (files) => void this.#take(files), [bundled]));
    this.#engine.addEventListener('change', () => void (this.#opened && this.#open(this.#opened)));
    const help = h('small', { id: 'engine-help' }, 'A GPU whose numbers differ from the CPU’s is never used.');
    const label = h('label', { for: 'engine-choice' }, 'Engine');
    this.body.append(h('div', { class: 'field' }, label, this.#engine, help), this.#facts, this.#form);
  }

  protected override more(): (HTMLElement | null)[] {
    return [this.#opened === null ? null : h('p', `${this.#opened.what} is still the model, as it was.`)];
  }

  async start(): Promise<void> {
    this.#fill(await this.link.ask('fields', []));
  }

  async #take(files: readonly GivenFile[]): Promise<void> {
    const [first] = files;
    const isCheck = files.length === 1 && first!.path.endsWith('.npz');
    if (isCheck) return this.#open({ ...this.#subject, check: first! });
    return this.#begin(files, first?.path.split('/')[0] ?? 'the model');
  }

  async #begin(files: Files, what: string): Promise<void> {
    await this.#open({ files, what, check: null });
  }

  /** What is refused changes nothing, except that the form is about a model that needs other answers. */
  async #open(subject: Subject): Promise<void> {
    const isNew = subject.files !== this.#subject.files;
    const choices = isNew ? {} : this.#choices();
    const typed = this.#typed();
    const facts = await this.run(async (progress) => {
      const answer = await this.link.ask(
        'openModel',
        [subject.files, choices, subject.check, this.#engine.value as EngineChoice],
        progress,
      );
      if (!('failure' in answer)) return answer;
      await this.#refuse(subject, answer.failure);
      throw new Refused(answer.failure);
    });
    if (facts === null) return;
    this.#about(subject, facts.taken);
    if (!isNew) this.#converted = typed;
    this.#form.hidden = facts.taken === null || subject.files === BUNDLED;
    this.#opened = subject;
    this.#show(facts);
    this.#changed(facts);
    this.succeed(`${subject.what} is ready: ${facts.engine}.`);
  }

  /** Whether the form has what no conversion has seen. */
  get isUnconverted(): boolean {
    return !this.#form.hidden && this.#typed() !== this.#converted;
  }

  #typed(): string {
    return JSON.stringify([this.#choices(), this.#check.files![0]?.name ?? null]);
  }

  #choices(): Record<string, string> {
    return Object.fromEntries([...new FormData(this.#form)].map(([name, value]) => [name, String(value)]));
  }

  /** The file of the form's field, or what was dropped. */
  #chosenCheck(): GivenFile | null {
    const [file] = this.#check.files!;
    return file === undefined ? this.#subject.check : { path: file.name, content: file };
  }

  async #refuse(subject: Subject, { coded }: Failure): Promise<void> {
    const isWrong = coded?.code === 'CHECK_FAILED';
    if (subject.files !== this.#subject.files || isWrong) this.#about(subject, null);
    this.#form.hidden = subject.files === BUNDLED;
    // Its own outputs say that it is not the model that it was.
    if (isWrong && this.#opened?.files === subject.files) await this.#close();
  }

  async #close(): Promise<void> {
    await this.link.ask('closeModel', []);
    this.#opened = null;
    this.#facts.replaceChildren();
    this.#changed(null);
  }

  /** What was chosen for another model is forgotten. */
  #about(subject: Subject, taken: ModelFacts['taken']): void {
    if (subject.files !== this.#subject.files) {
      this.#form.reset();
      this.#converted = this.#typed();
    }
    this.#subject = subject;
    this.#title.textContent = `What ${subject.what} does not say`;
    for (const place of this.#form.querySelectorAll<HTMLElement>('[data-taken]')) {
      const value = taken?.[place.dataset['taken']!];
      place.textContent = value ? `Taken: ${value}. ` : '';
    }
  }

  #show({ name, lines, notices }: ModelFacts): void {
    this.#facts.replaceChildren(
      ...[h('h3', name), list(lines), list(notices, 'lines soft')].filter((part) => part !== null),
    );
  }

  #fill(fields: readonly ModelField[]): void {
    const sorted = fields
      .filter(({ name }) => USUAL.includes(name))
      .sort((a, b) => USUAL.indexOf(a.name) - USUAL.indexOf(b.name));
    const others = fields.filter(({ name }) => !USUAL.includes(name));
    const checked = h(
      'div',
      { class: 'field wide' },
      h('label', { for: 'field-check' }, 'check.npz'),
      this.#check,
      h(
        'small',
        'Outputs of your own program, to compare with: image-drift convert --check-script prints what writes it',
      ),
    );
    this.#form.append(
      this.#title,
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
      void this.#open({ ...this.#subject, check: this.#chosenCheck() });
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
