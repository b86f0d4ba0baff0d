/** What the page adds to the report's builder of elements. Text is only ever inserted as text; nothing here parses HTML. */
import { h } from '../../report/client/index.js';

export { h };

export function list(lines: readonly string[], className = 'lines'): HTMLElement | null {
  if (lines.length === 0) return null;
  return h('ul', { class: className }, ...lines.map((line) => h('li', line)));
}

/** Lets a person save a file, as the browser does with downloads. */
export function saveLink(name: string, content: Blob): HTMLAnchorElement {
  return h('a', { href: URL.createObjectURL(content), download: name }, name);
}
