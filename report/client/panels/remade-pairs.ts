import { shorten } from '../../format.js';
import type { PageData } from '../../page-data.js';
import type { Exemplar, RemadePair } from '../../section-data.js';
import { h, moreButton } from '../dom.js';
import { captionLine, imageFigure, isCorrect, type Thumbnails } from '../thumbnails.js';

/** Three stand side by side on a phone. */
const SIZE = 104;
const NAME_LENGTH = 32;
/** Pairs that are shown before somebody asks for more: one line. */
const FIRST_PAIRS = 3;

export function remadePairs({ drift, windows }: PageData, pictures: Thumbnails): void {
  const item = ({ clean, remade, window }: RemadePair) =>
    h(
      'li',
      { tabindex: -1 },
      figure('Baseline', clean, pictures),
      figure('With the cause', remade, pictures),
      figure('Window', window, pictures),
    );
  for (const frame of document.querySelectorAll<HTMLElement>('[data-remade]')) {
    const index = Number(frame.dataset['remade']);
    const { pairs } = windows[index]!;
    const { name } = drift.windows[index]!;
    const list = h('ol.remade-pairs', ...pairs.slice(0, FIRST_PAIRS).map(item));
    const note = `On the right of each three: the image of ${shorten(name, NAME_LENGTH)} that the network finds most similar. `;
    const left = pairs.slice(FIRST_PAIRS);
    frame.replaceChildren(
      list,
      h('p.note', note, moreButton('button.quiet', `Show ${left.length} more`, list, left, item)),
    );
  }
}

function figure(title: string, exemplar: Exemplar, pictures: Thumbnails): HTMLElement {
  const { predicted, target } = exemplar;
  const lines = [
    h('b', title),
    captionLine('predicted', predicted, NAME_LENGTH),
    captionLine('label', target, NAME_LENGTH),
  ];
  return imageFigure('remade', pictures.image(exemplar, SIZE), lines, isCorrect(exemplar) === false);
}
