/** Builds elements one by one. Text is only ever inserted as text; nothing here parses HTML. */
import { untwisted } from '../format.js';

export type Child = Node | string | null;

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
