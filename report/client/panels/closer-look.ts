/** The section with a closer look at one window. Links anywhere in the page choose the window. */
import { formatPercent, plural, verdictStyle } from '../../format.js';
import { worthWords } from '../../numbers/index.js';
import type { PageData, PageDetails, PageWindow } from '../../page-data.js';
import { Changing, h, iconButton, prefersReducedMotion, s } from '../dom.js';
import type { Thumbnails } from '../thumbnails.js';
import { windowPanel } from './window-panel.js';

export class WindowChoice extends Changing {
  constructor(public index: number) {
    super();
  }

  choose(index: number): void {
    this.index = index;
    this.changed();
  }
}

export function closerLook(frame: HTMLElement, data: PageData, thumbnails: Thumbnails, choice: WindowChoice): void {
  const { windows } = data.drift;
  const select = h(
    'select',
    { id: 'window-choice' },
    ...windows.map(({ name, verdict }, i) => h('option', { value: i }, `${name} – ${verdictStyle(verdict).word}`)),
  );
  const step = (by: number) => choice.choose((choice.index + by + windows.length) % windows.length);
  const facts = h('p.window-facts', { 'aria-live': 'polite' });
  const body = h('div');
  frame.append(
    h(
      'div.window-choice',
      h('label', { for: 'window-choice' }, 'Window'),
      select,
      windows.length > 1 ? iconButton('button.quiet.step', 'Previous window', 'M10 3 5 8l5 5', () => step(-1)) : null,
      windows.length > 1 ? iconButton('button.quiet.step', 'Next window', 'M6 3l5 5-5 5', () => step(1)) : null,
    ),
    facts,
    body,
  );
  const show = () => {
    select.value = String(choice.index);
    facts.replaceChildren(...factsOf(windows[choice.index]!, data.windows[choice.index]!));
    body.replaceChildren(windowPanel(data, choice.index, thumbnails));
  };
  select.addEventListener('change', () => choice.choose(Number(select.value)));
  choice.onChange(show);
  show();
  chooseFromLinks(choice);
}

function factsOf({ verdict, rows, skipped, accuracy }: PageWindow, window: PageDetails): Node[] {
  const { key, word, path } = verdictStyle(verdict);
  const facts = [
    plural(rows, 'row'),
    window.effectiveRows === null ? null : worthWords(rows, window.effectiveRows, window.effectiveBy),
    skipped > 0 ? `${plural(skipped, 'row')} left out` : null,
    accuracy === null ? null : `accuracy ${formatPercent(accuracy)}`,
  ].filter((text) => text !== null);
  const icon = s(`svg.icon.icon-${key}`, { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: path }));
  return [h(`span.badge.badge-${key}`, icon, h('span', word)), document.createTextNode(` ${facts.join(' · ')}`)];
}

/** Any `data-window` link in the page chooses its window, then scrolls to its target. */
function chooseFromLinks(choice: WindowChoice): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[data-window]') : null;
    if (link === null) return;
    event.preventDefault();
    choice.choose(Number(link.dataset['window']));
    const section = document.getElementById('closer-look');
    section?.scrollIntoView({ behavior: prefersReducedMotion() ? 'auto' : 'smooth' });
    section?.focus({ preventScroll: true });
  });
}

/** Largest number of printed panels; more would make a book. */
const MAX_PRINTED = 20;

export function expandForPrint(frame: HTMLElement, data: PageData, thumbnails: Thumbnails, choice: WindowChoice): void {
  const printed = h('div.print-only');
  frame.append(printed);
  addEventListener('beforeprint', () => {
    const others = data.drift.windows.flatMap(({ verdict }, i) =>
      verdict === 'drift' && i !== choice.index ? [i] : [],
    );
    printed.replaceChildren(
      ...others
        .slice(0, MAX_PRINTED)
        .flatMap((i) => [h('h3.print-window', data.drift.windows[i]!.name), windowPanel(data, i, thumbnails)]),
    );
  });
  addEventListener('afterprint', () => printed.replaceChildren());
}
