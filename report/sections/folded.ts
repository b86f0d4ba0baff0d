/** A section that is folded until a reader opens it, so that the page is a few screens long. Paper has all of it. */
import { type Content, type Fragment, html } from '../html.js';

export interface FoldedSection {
  id: string;
  title: string;
  /** What is inside, in a few words. */
  hint: Content;
  body: Content;
}

export function foldedSection({ id, title, hint, body }: FoldedSection): Fragment {
  return html`<section id="${id}" class="folded" aria-labelledby="${id}-title">
<details><summary><h2 id="${id}-title">${title}</h2><span class="hint">${hint}</span></summary>
${body}
</details></section>`;
}
