/** Builds elements. Text is never parsed as HTML, because names come from any client that publishes. */
type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** @param attributes true: present and empty; false and null: absent */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A table that scrolls sideways where there is no room for it. @param heads of columns, of numbers where it says so */
export function scrollTable(
  attributes: { class: string; label: string },
  heads: readonly { text: string; isNumber: boolean }[],
  rows: readonly HTMLElement[],
): HTMLElement {
  const cells = heads.map(({ text, isNumber }) => h('th', { scope: 'col', class: isNumber && 'number' }, text));
  const table = h('table', {}, h('thead', {}, h('tr', {}, ...cells)), h('tbody', {}, ...rows));
  return h('div', { class: attributes.class, tabindex: 0, role: 'region', 'aria-label': attributes.label }, table);
}

/** Sends requests with the token after the `#` of the page's address. Browsers never send that part to a server. */
const KEY = 'emulator-token';

/** Takes the token out of the address, or else returns the token that this tab has stored. */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    keepToken(given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Refused with the server's reason; TypeError when there is no server */
export async function ask<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const search = new URLSearchParams(query).toString();
  const token = sessionStorage.getItem(KEY) ?? '';
  const response = await fetch(search ? `${path}?${search}` : path, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = (await response.json()) as { data: T; error?: { message: string } };
  if (!response.ok) throw new Refused(response.status, body.error?.message ?? response.statusText);
  return body.data;
}
