/** A step of the page: a heading, where files go, what is said of them, and what went wrong. */

import type { Failure, GivenFile } from '../run/messages.js';
import { h, list } from './dom.js';
import { dropped, picked } from './given-files.js';
import type { Link, Progress } from './link.js';
import { Refused } from './link.js';

/** Screen readers are not told each image. */
const SAID_EVERY_MS = 5_000;

export class Panel {
  readonly element: HTMLElement;
  /** Where files are dropped: what is said of them is directly below. */
  readonly place = h('div', { class: 'body' });
  readonly body = h('div', { class: 'body' });
  readonly #status = h('p', { class: 'status', role: 'status' });
  readonly #bar = h('progress', { hidden: true });
  readonly #stop = h('button', { type: 'button', hidden: true }, 'Stop');
  readonly #shown = h('p', { class: 'progress', 'aria-hidden': 'true', hidden: true });
  readonly #failure = h('div', { class: 'failure', role: 'alert', hidden: true });
  #said = 0;
  #running = 0;

  constructor(
    readonly link: Link,
    readonly id: string,
    title: string,
    words: string,
  ) {
    const heading = h('h2', { id: `${id}-heading` }, title);
    this.#bar.setAttribute('aria-label', `Progress of: ${title}`);
    this.#stop.addEventListener('click', () => link.stop());
    const working = h('div', { class: 'working' }, this.#bar, this.#stop);
    const said = [working, this.#shown, this.#status, this.#failure];
    const parts = [heading, h('p', { class: 'soft' }, words), this.place, ...said, this.body];
    this.element = h('section', { id, 'aria-labelledby': `${id}-heading` }, ...parts);
  }

  /** What is said below a failure. */
  protected more(_failure: Failure | null): (HTMLElement | null)[] {
    return [];
  }

  say(text: string): void {
    this.#status.textContent = text;
  }

  /** What went well, which supersedes what did not before. */
  succeed(text: string): void {
    this.clear();
    this.say(text);
    this.#status.scrollIntoView({ block: 'nearest' });
  }

  /** Runs one thing; what it throws is shown here, and the page goes on. @returns null if it failed */
  async run<T>(work: (progress: (progress: Progress) => void) => Promise<T>): Promise<T | null> {
    this.clear();
    if (this.#running++ === 0) this.#busy(true);
    try {
      return await work((progress) => this.#show(progress));
    } catch (error) {
      this.#fail(error);
      return null;
    } finally {
      if (--this.#running === 0) this.#busy(false);
    }
  }

  clear(): void {
    this.#failure.hidden = true;
    this.#failure.replaceChildren();
    this.say('');
  }

  #busy(isBusy: boolean): void {
    this.element.setAttribute('aria-busy', String(isBusy));
    for (const button of this.element.querySelectorAll<HTMLButtonElement>('form button')) button.disabled = isBusy;
    for (const part of [this.#bar, this.#stop, this.#shown]) part.hidden = !isBusy;
    this.#bar.removeAttribute('value');
    this.#shown.textContent = '';
    this.#said = 0;
  }

  #show({ what, done, total }: Progress): void {
    const counted = total === null ? '' : `: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} images`;
    if (total === null) this.#bar.removeAttribute('value');
    else Object.assign(this.#bar, { max: total, value: done });
    this.#shown.textContent = `${what}${counted}`;
    if (performance.now() - this.#said < SAID_EVERY_MS && this.#said > 0) return;
    this.#said = performance.now();
    this.say(`${what}${counted}`);
  }

  #fail(error: unknown): void {
    const failure = error instanceof Refused ? error.failure : null;
    if (failure?.coded?.code === 'STOPPED') {
      this.say('Stopped.');
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const { coded = null, command = null } = failure ?? {};
    this.#failure.hidden = false;
    this.say('');
    this.#failure.replaceChildren(
      h('p', h('strong', `${coded?.code ?? 'INTERNAL'}: `), message),
      ...(coded?.hint ? [h('p', coded.hint)] : []),
      ...(coded?.program.length ? [list(coded.program)!] : []),
      ...(command === null ? [] : [h('p', 'The command line can: '), h('pre', { tabindex: 0 }, command)]),
      ...this.more(failure).filter((part) => part !== null),
    );
    this.#failure.scrollIntoView({ block: 'nearest' });
  }
}

/** Where files are dropped, with buttons for those who do not drag. @param others buttons beside them */
export function dropPlace(
  what: string,
  take: (files: GivenFile[]) => void,
  others: readonly HTMLElement[] = [],
): HTMLElement {
  const picker = (isFolder: boolean) => {
    const input = h('input', { type: 'file', multiple: true, hidden: true, webkitdirectory: isFolder });
    input.addEventListener('change', () => {
      const files = picked(input.files!);
      input.value = '';
      if (files.length > 0) take(files);
    });
    return input;
  };
  const choose = (text: string, input: HTMLInputElement) =>
    h('button', { type: 'button', 'aria-label': `${text}: ${what}`, onclick: () => input.click() }, text);
  const [files, folder] = [picker(false), picker(true)];
  const buttons = [...others, choose('Choose files', files), choose('Choose a folder', folder)];
  const place = h(
    'div',
    { class: 'drop' },
    h('p', `Drop ${what} here, or:`),
    h('div', { class: 'buttons' }, ...buttons),
    files,
    folder,
  );
  const over = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    place.classList.toggle('over', isOver);
  };
  place.addEventListener('dragover', over(true));
  place.addEventListener('dragleave', over(false));
  place.addEventListener('drop', async (event) => {
    over(false)(event);
    const files = await dropped(event.dataTransfer!);
    take(files);
  });
  return place;
}
