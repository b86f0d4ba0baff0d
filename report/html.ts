/**
 * HTML as a tagged template that escapes whatever is put into it. The only way that text gets into the page.
 *
 * Not a template language: values are text, numbers, other fragments, lists of these, and null for nothing. A value may
 * stand between tags or in a quoted attribute; never in a script, a style, a tag name or an unquoted attribute.
 */

/** A piece of finished HTML. */
export class Fragment {
  constructor(readonly text: string) {}
}

export type Content = Fragment | string | number | null | readonly Content[];

/** `html\`<p>${name}</p>\`` */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Fragment {
  return new Fragment(parts.reduce((before, part, i) => before + serialise(values[i - 1]!) + part));
}

/** Five characters: enough between tags and in attributes within either quote (OWASP, "Output Encoding"). */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function serialise(value: Content): string {
  if (value === null) return '';
  if (value instanceof Fragment) return value.text;
  if (typeof value === 'object') return value.map(serialise).join('');
  return escapeHtml(String(value));
}
