/** The images of the chosen window that are most unlike the baseline, or show its cause, in pairs, with lists to download. */
import { formatPercent, formatValue, plural, shorten } from '../../format.js';
import type { PageData } from '../../page-data.js';
import type { Exemplar, UnlikeImages, UnlikeRow } from '../../section-data.js';
import { h, moreButton, saveFile } from '../dom.js';
import { type Download, downloads } from '../downloads.js';
import { captionLine, imageFigure, isCorrect, type Thumbnails } from '../thumbnails.js';
import type { WindowChoice } from './closer-look.js';

const SIZE = 160;
/** Pairs that are shown before somebody asks for more: two lines, or what a phone shows in two screens. */
const FIRST_PAIRS = matchMedia('(max-width: 42rem)').matches ? 3 : 6;
const NAME_LENGTH = 48;

export function unlikePanel(frame: HTMLElement, data: PageData, pictures: Thumbnails, choice: WindowChoice): void {
  const show = () => {
    const { name } = data.drift.windows[choice.index]!;
    const { unlike } = data.windows[choice.index]!;
    frame.replaceChildren(...(unlike === null ? [without(data, choice)] : gallery(name, unlike, pictures)));
  };
  choice.onChange(show);
  show();
}

function without({ drift, windows }: PageData, choice: WindowChoice): HTMLElement {
  const { name, verdict } = drift.windows[choice.index]!;
  const why = verdict === 'drift' ? 'is not among the worst' : 'did not drift';
  const others = windows.flatMap(({ unlike }, i) => (unlike === null ? [] : [i]));
  const links = others.map((i) =>
    h('button.quiet', { onclick: () => choice.choose(i) }, shorten(drift.windows[i]!.name, NAME_LENGTH)),
  );
  return h('p.unlike-without', `${shorten(name, NAME_LENGTH)} ${why}. Show the images of `, ...links);
}

function gallery(name: string, unlike: UnlikeImages, pictures: Thumbnails): HTMLElement[] {
  const { rows } = unlike;
  const item = (row: UnlikeRow) => pair(row, pictures);
  const list = h('ol.pairs', ...rows.slice(0, FIRST_PAIRS).map(item));
  return [
    h('h3.unlike-window', { title: name }, shorten(name, 2 * NAME_LENGTH), ' ', h('small', mostUnlike(unlike))),
    list,
    h(
      'div.unlike-bar',
      moreButton('button.more', `Show all ${rows.length}`, list, rows.slice(FIRST_PAIRS), item),
      downloadBar(downloads(name, unlike, pictures)),
    ),
  ];
}

function mostUnlike({ rows, of, by }: UnlikeImages): string {
  const images = plural(of, rows.some(({ times }) => times > 1) ? 'different image' : 'image');
  if (by) return `the ${rows.length} of ${images} with ${by}`;
  return rows.length === of ? images : `the ${rows.length} most unlike of ${images}`;
}

function pair(
  { image, times, nearest, nearestRow, distance, share, confidence }: UnlikeRow,
  pictures: Thumbnails,
): HTMLElement {
  const sure = confidence === null ? '' : `, ${formatPercent(confidence, 0)}`;
  return h(
    'li.pair-item',
    imageFigure(
      'pair',
      h('div.pair-image', { tabindex: -1 }, pictures.image(image, SIZE)),
      [
        h('b', shorten(image.label, NAME_LENGTH)),
        times === 1 ? null : h('span', `${times.toLocaleString('en-US')} times in this window`),
        image.plain === undefined ? null : h('span', image.plain),
        captionLine('predicted', image.predicted, NAME_LENGTH, sure),
        captionLine('label', image.target, NAME_LENGTH),
      ],
      isCorrect(image) === false,
    ),
    imageFigure('pair', nearest === null ? unknownNearest(nearestRow) : pictures.image(nearest, SIZE), [
      h('b', 'Nearest of the baseline'),
      ...nearestLines(nearest),
    ]),
    h(
      'p.note',
      `Distance ${formatValue(distance)}: ${formatPercent(share, share < 0.01 ? 1 : 0)} of the baseline’s images are as unusual.`,
    ),
  );
}

function nearestLines(nearest: Exemplar | null): (HTMLElement | null)[] {
  if (nearest === null) return [];
  return [h('span', shorten(nearest.label, NAME_LENGTH)), captionLine('predicted', nearest.predicted, NAME_LENGTH)];
}

function unknownNearest(row: number): HTMLElement {
  return h(
    'span.thumbnail-missing',
    `Row ${row.toLocaleString('en-US')} of the baseline. A report made with the baseline’s events shows it.`,
  );
}

function downloadBar(offers: readonly Download[]): HTMLElement {
  const buttons = offers.map(({ name, title, about, make }) =>
    h('button.quiet', { title: about, 'aria-label': title, onclick: () => void save(make) }, name),
  );
  const notes = offers.flatMap(({ note }) => (note === null ? [] : [h('p.note', note)]));
  return h('div.downloads', h('span.downloads-title', 'Download the list:'), ...buttons, ...notes);
}

async function save(make: Download['make']): Promise<void> {
  const { file, type, text } = await make();
  saveFile(file, type, text);
}
