/** Builds elements one by one. Text is only ever inserted as text; nothing here parses HTML. */

type Attributes = Readonly<Record<string, string | number | boolean | null | ((event: Event) => void)>>;
type Child = Node | string | null;

/** true: present, empty; false, null: absent; functions listen: `onclick`. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice('on'.length), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function list(lines: readonly string[], className = 'lines'): HTMLElement | null {
  if (lines.length === 0) return null;
  return h('ul', { class: className }, ...lines.map((line) => h('li', {}, line)));
}

/** Lets a person save a file, as the browser does with downloads. */
export function saveLink(name: string, content: Blob): HTMLAnchorElement {
  return h('a', { href: URL.createObjectURL(content), download: name }, name);
}
