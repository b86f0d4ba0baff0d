/** Builds elements one by one. Text is only ever inserted as text; nothing here parses HTML. */
import { untwisted } from '../format.js';

type Child = Node | string | null;

type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** @param attributes true: present and empty; false or null: absent */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
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
    if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : untwisted(String(value)));
  }
}

function append(element: Element, children: readonly Child[]): void {
  const shown = children.map((child) => (typeof child === 'string' ? untwisted(child) : child));
  element.append(...shown.filter((child) => child !== null));
}

/**
 * Light and dark: follows the system until a person chooses.
 *
 * Colours are `light-dark()` custom properties, and scripts cannot read their resolved values. `themeColours` therefore
 * asks a probe element.
 */
const CHANGED = 'report-theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? darkSystem.matches : chosen === 'dark';
}

export function addThemeSwitch(): void {
  const button = h('button', { type: 'button', class: 'quiet' });
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    document.dispatchEvent(new Event(CHANGED));
  });
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
