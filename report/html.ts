/**
 * HTML as a tagged template that escapes all inserted values. All text enters the page through it. Values are text,
 * numbers, fragments, lists of these, and null for nothing; they may be between tags or in a quoted attribute, but not
 * in a script, a style, a tag name or an unquoted attribute.
 */

import { untwisted } from './format.js';

export class Fragment {
  constructor(readonly text: string) {}
}

export type Content = Fragment | string | number | null | readonly Content[];

/** `html\`<p>${name}</p>\`` */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Fragment {
  return new Fragment(parts.reduce((before, part, i) => before + serialise(values[i - 1]!) + part));
}

/** Five characters, which is enough between tags and in quoted attributes (OWASP, "Output Encoding"). */
function escapeHtml(text: string): string {
  return untwisted(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function serialise(value: Content): string {
  if (value === null) return '';
  if (value instanceof Fragment) return value.text;
  if (typeof value === 'object') return value.map(serialise).join('');
  return escapeHtml(String(value));
}
