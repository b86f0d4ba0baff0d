/** Images of the baseline, the same ones with the cause that was made again, and images of the window like them. */
import { shorten } from '../../format.js';
import type { PageData } from '../../page-data.js';
import type { Exemplar, RemadePair } from '../../section-data.js';
import { h } from '../dom.js';
import { captionLine, imageFigure, isCorrect, type Thumbnails } from '../thumbnails.js';

/** Three stand side by side on a phone. */
const SIZE = 104;
const NAME_LENGTH = 32;
/** Pairs that are shown before somebody asks for more: one line. */
const FIRST_PAIRS = 3;

/** Fills the frames of all windows that have such images. */
export function remadePairs({ drift, windows }: PageData, pictures: Thumbnails): void {
  for (const frame of document.querySelectorAll<HTMLElement>('[data-remade]')) {
    const index = Number(frame.dataset['remade']);
    const { pairs } = windows[index]!;
    const { name } = drift.windows[index]!;
    const list = h(
      'ol',
      { class: 'remade-pairs' },
      ...pairs.slice(0, FIRST_PAIRS).map((pair) => pairItem(pair, pictures)),
    );
    const note = `On the right of each three: the image of ${shorten(name, NAME_LENGTH)} that the network finds most similar.`;
    frame.replaceChildren(
      list,
      h('p', { class: 'note' }, note, ' ', moreButton(list, pairs.slice(FIRST_PAIRS), pictures)),
    );
  }
}

/** Null where all are shown. */
function moreButton(list: HTMLElement, left: readonly RemadePair[], pictures: Thumbnails): HTMLElement | null {
  if (left.length === 0) return null;
  const button = h('button', { type: 'button', class: 'quiet' }, `Show ${left.length} more`);
  button.addEventListener('click', () => {
    const added = left.map((pair) => pairItem(pair, pictures));
    list.append(...added);
    button.remove();
    added[0]?.focus();
  });
  return button;
}

function pairItem({ clean, remade, window }: RemadePair, pictures: Thumbnails): HTMLElement {
  return h(
    'li',
    { tabindex: -1 },
    figure('Baseline', clean, pictures),
    figure('With the cause', remade, pictures),
    figure('Window', window, pictures),
  );
}

function figure(title: string, exemplar: Exemplar, pictures: Thumbnails): HTMLElement {
  const { predicted, target } = exemplar;
  const lines = [
    h('b', {}, title),
    captionLine('predicted', predicted, NAME_LENGTH),
    captionLine('label', target, NAME_LENGTH),
  ];
  return imageFigure('remade', pictures.image(exemplar, SIZE), lines, isCorrect(exemplar) === false);
}
