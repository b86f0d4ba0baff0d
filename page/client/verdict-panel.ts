/** Step 4: verdicts, causes, the report, and files to go on from. */
import type { Failure, Findings, JudgedWindow, MadeFile } from '../run/messages.js';
import { h, list, saveLink } from './dom.js';
import { type Link, Refused } from './link.js';
import { Panel } from './panel.js';

const COLUMNS: readonly (readonly [key: keyof JudgedWindow, title: string])[] = [
  ['verdict', 'Verdict'],
  ['cause', 'Cause'],
  ['images', 'Images'],
  ['accuracy', 'Accuracy'],
  ['distance', 'Distance'],
  ['without', 'Without drift'],
  ['chance', 'p'],
];

const MARKS: Readonly<Record<string, string>> = { drift: 'drift', 'no drift': 'steady' };

/** What the other steps have. */
interface Given {
  slots: readonly string[];
  isUnconverted: boolean;
}

export class VerdictPanel extends Panel {
  readonly #results = h('div', { class: 'results' });
  readonly #given: () => Given;
  readonly #running: (engine: string) => void;
  #links: HTMLAnchorElement[] = [];

  /** @param running is told which engine has computed */
  constructor(link: Link, given: () => Given, running: (engine: string) => void) {
    super(
      link,
      'verdict',
      '4. Verdict',
      'Every image of a window is compared with the baseline; one that cannot be read is named.',
    );
    this.#given = given;
    this.#running = running;
    this.place.append(h('button', { type: 'button', class: 'main', onclick: () => void this.#compare() }, 'Compare'));
    this.body.append(this.#results);
  }

  /** What is shown is of other inputs. */
  forget(): void {
    for (const { href } of this.#links) URL.revokeObjectURL(href);
    this.#links = [];
    this.#results.replaceChildren();
    this.clear();
  }

  protected override more(failure: Failure | null): (HTMLElement | null)[] {
    if (!failure?.unusable) return [];
    const { lines, othersLeft } = failure.unusable;
    const goOn = () =>
      h('button', { type: 'button', onclick: () => void this.#compare(true) }, 'Leave them out and go on');
    return [list(lines), othersLeft ? goOn() : h('p', 'Remove these images in step 2 or 3, or give others.')];
  }

  async #compare(mayLeaveOut = false): Promise<void> {
    this.forget();
    const { slots, isUnconverted } = this.#given();
    const found = await this.run(async (progress) => {
      if (isUnconverted) throw unconverted();
      const findings = await this.link.ask('compare', [slots, mayLeaveOut], progress);
      return { findings, made: await this.link.ask('made', []) };
    });
    if (found === null) return this.#showLists();
    if (found.findings.engine !== null) this.#running(found.findings.engine);
    this.#show(found.findings, found.made);
    this.say(`${found.findings.answer}.`);
  }

  /** What could not be used of the images, where that was too much. */
  async #showLists(): Promise<void> {
    const made = await this.link.ask('made', []).catch(() => []);
    const lists = made.filter(({ name }) => name.endsWith('.jsonl'));
    if (lists.length > 0)
      this.#results.append(h('ul', { class: 'files' }, ...lists.map((file) => this.#fileItem(file))));
  }

  #show({ answer, details, windows, notes }: Findings, made: readonly MadeFile[]): void {
    const heading = h('h3', { class: 'answer', tabindex: -1 }, answer);
    this.#results.append(
      ...[
        heading,
        details === null ? null : h('p', { class: 'details' }, details),
        table(windows),
        ...windows.map(({ name, next }) => h('p', h('strong', `${name}: `), next)),
        list(notes, 'lines soft'),
        this.#files(made),
      ].filter((part) => part !== null),
    );
    heading.focus();
  }

  #files(made: readonly MadeFile[]): HTMLElement {
    const items = made.map((file) => this.#fileItem(file));
    const report = made.find(({ name }) => name === 'report.html')!;
    const open = h(
      'a',
      { href: URL.createObjectURL(report.content), target: '_blank', class: 'button main' },
      'Open the report',
    );
    this.#links.push(open);
    const words = 'These are the files of the command line. Give them in steps 1 to 3 to go on without embedding anew.';
    return h(
      'div',
      { class: 'made' },
      h('p', open),
      h('h3', 'Save'),
      h('p', { class: 'soft' }, words),
      h('ul', { class: 'files' }, ...items),
    );
  }

  #fileItem({ name, words, content }: MadeFile): HTMLElement {
    const link = saveLink(name, content);
    this.#links.push(link);
    return h('li', link, h('span', { class: 'soft' }, ` ${(content.size / 1e6).toFixed(1)} MB, ${words}`));
  }
}

function unconverted(): Refused {
  const hint = 'Press “Convert with these” in step 1, or empty what was not converted.';
  const coded = { code: 'NOT_CONVERTED', hint, program: [], exitCode: 4 } as const;
  const message = 'the fields of step 1 have what the model was not converted with';
  return new Refused({ coded, message, stack: undefined, command: null, unusable: null });
}

/** On a phone each row is a block, and each cell has its title before it. */
function table(windows: readonly JudgedWindow[]): HTMLElement {
  const head = h(
    'tr',
    h('th', { scope: 'col' }, 'Window'),
    ...COLUMNS.map(([, title]) => h('th', { scope: 'col' }, title)),
  );
  const rows = windows.map((window) => {
    const cells = COLUMNS.map(([key, title]) =>
      h('td', { 'data-title': title }, key === 'verdict' ? badge(window.verdict) : window[key]),
    );
    return h('tr', h('th', { scope: 'row' }, window.name), ...cells);
  });
  const caption = h('caption', 'p is the chance of such a distance if nothing has changed.');
  return h('table', caption, h('thead', head), h('tbody', ...rows));
}

function badge(verdict: string): HTMLElement {
  return h('span', { class: `badge ${MARKS[verdict] ?? 'few'}` }, verdict);
}
