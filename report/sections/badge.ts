/** The mark of a verdict: shape, colour and word. */
import type { Verdict } from '../../drift/index.js';
import { type Fragment, html } from '../html.js';
import { verdictStyle } from '../verdict-style.js';

export function verdictIcon(verdict: Verdict | null): Fragment {
  const { key, path } = verdictStyle(verdict);
  return html`<svg class="icon icon-${key}" viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
}

export function verdictBadge(verdict: Verdict | null): Fragment {
  const { key, word } = verdictStyle(verdict);
  return html`<span class="badge badge-${key}">${verdictIcon(verdict)}<span>${word}</span></span>`;
}
