/** Builds elements one by one. Text is only ever inserted as text; nothing here parses HTML. */
import { untwisted } from '../format.js';

type Attributes = Readonly<Record<string, string | number | boolean | null | ((event: Event) => void)>>;
type Child = Node | string | null;
/** `p`, or with classes `p.note.small`. */
type NameIn<Tag> = Tag extends `${infer Name}.${string}` ? Name : Tag;
type HtmlTag = keyof HTMLElementTagNameMap;
type SvgTag = keyof SVGElementTagNameMap;
type Made<Map, Tag> = NameIn<Tag> extends keyof Map ? Map[NameIn<Tag>] : never;

/** `h('p.note', 'text')`. Attributes first. true: present, empty; false, null: absent; functions listen: `onclick`. */
export function h<T extends HtmlTag | `${HtmlTag}.${string}`>(
  tag: T,
  ...parts: (Attributes | Child)[]
): Made<HTMLElementTagNameMap, T> {
  const [name = '', ...classes] = tag.split('.');
  return filled(document.createElement(name), classes, parts) as Made<HTMLElementTagNameMap, T>;
}

const SVG = 'http://www.w3.org/2000/svg';

export function s<T extends SvgTag | `${SvgTag}.${string}`>(
  tag: T,
  ...parts: (Attributes | Child)[]
): Made<SVGElementTagNameMap, T> {
  const [name = '', ...classes] = tag.split('.');
  return filled(document.createElementNS(SVG, name), classes, parts) as unknown as Made<SVGElementTagNameMap, T>;
}

function filled<E extends Element>(element: E, classes: string[], parts: readonly (Attributes | Child)[]): E {
  element.classList.add(...classes);
  for (const part of parts) {
    if (part === null) continue;
    if (typeof part === 'string') element.append(untwisted(part));
    else if (part instanceof Node) element.append(part);
    else setAttributes(element, part as Attributes);
  }
  return element;
}

/** Offers a file as a download. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** A row of radio buttons that looks like one switch. @param chosen which one is at first */
export function segments<T extends string>(
  name: string,
  title: string,
  choices: readonly { value: T; text: string }[],
  onChoose: (value: T) => void,
  chosen = 0,
): HTMLElement {
  const options = choices.map(({ value, text }, i) =>
    h(
      'label',
      h('input', { type: 'radio', name, value, checked: i === chosen, onchange: () => onChoose(value) }),
      h('span', text),
    ),
  );
  return h('fieldset.segments', h('legend', title), ...options);
}

export function iconButton(
  tag: 'button' | `button.${string}`,
  name: string,
  path: string,
  act: () => void,
): HTMLElement {
  const icon = s('svg.arrow', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: path }));
  return h(tag, { 'aria-label': name, title: name, onclick: act }, icon);
}

/** A button for what a list does not show yet; the first that is added gets the focus. Null where nothing is left. */
export function moreButton<T>(
  tag: `button.${string}`,
  text: string,
  list: HTMLElement,
  left: readonly T[],
  item: (one: T) => HTMLElement,
): HTMLElement | null {
  if (left.length === 0) return null;
  const add = () => {
    const added = left.map(item);
    list.append(...added);
    button.remove();
    const [first] = added;
    (first?.querySelector<HTMLElement>('[tabindex]') ?? first)?.focus();
  };
  const button = h(tag, { onclick: add }, text);
  return button;
}

/** Something of which others want to know when it changes. */
export class Changing {
  readonly #listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  protected changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

interface TableColumn {
  title: string;
  name?: string | undefined;
}

type Cell = Child | readonly Child[];

/** The first cell of each row is its header. @param tag with the classes of the table */
export function dataTable(
  tag: 'table' | `table.${string}`,
  caption: HTMLElement,
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
): HTMLTableElement {
  const head = columns.map(({ title, name = null }) => h('th', { scope: 'col', class: name }, title));
  return h(
    tag,
    caption,
    h('thead', h('tr', ...head)),
    h('tbody', ...rows.map((cells) => tableRow(cells, columns))),
  ) as HTMLTableElement;
}

export function tableRow([first = null, ...others]: readonly Cell[], columns: readonly TableColumn[]): HTMLElement {
  const cells = others.map((cell, i) => h('td', { class: columns[i + 1]!.name ?? null }, ...[cell].flat()));
  return h('tr', h('th', { scope: 'row' }, ...[first].flat()), ...cells);
}

/** The page's placeholder for something, e.g. `[data-space]`; null if the page has no such section. */
export function place(name: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-${name}]`);
}

export function prefersReducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice('on'.length), value);
    else if (value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : untwisted(String(value)));
  }
}

/**
 * Light and dark: follows the system until a person chooses. Scripts cannot read the resolved values of `light-dark()`
 * custom properties, so `themeColours` asks a probe element.
 */
const CHANGED = 'report-theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? darkSystem.matches : chosen === 'dark';
}

export function addThemeSwitch(): void {
  const turn = () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    document.dispatchEvent(new Event(CHANGED));
  };
  const button = h('button.quiet', { onclick: turn });
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  darkSystem.addEventListener('change', () => document.dispatchEvent(new Event(CHANGED)));
  onThemeChange(name);
  name();
  place('theme-switch')?.append(button);
}

export function onThemeChange(listener: () => void): void {
  document.addEventListener(CHANGED, listener);
}

/** Current colours of the custom properties, e.g. `rgb(20, 22, 25)`. @param names without the dashes */
export function themeColours(names: readonly string[]): string[] {
  const probe = h('span', { hidden: true });
  document.body.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}
