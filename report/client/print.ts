/** Nobody can choose a window on paper. While printing, every drifted window has its panel. */
import { h } from './dom.js';
import type { PageData } from './page-data.js';
import type { WindowChoice } from './panels/closer-look.js';
import { windowPanel } from './panels/window-panel.js';
import type { Thumbnails } from './thumbnails.js';

/** Largest number of printed panels; more would make a book. */
const MAX_PRINTED = 20;

export function expandForPrint(frame: HTMLElement, data: PageData, thumbnails: Thumbnails, choice: WindowChoice): void {
  const printed = h('div', { class: 'print-only' });
  frame.append(printed);
  addEventListener('beforeprint', () => {
    const others = data.drift.windows.flatMap(({ verdict }, i) =>
      verdict === 'drift' && i !== choice.index ? [i] : [],
    );
    printed.replaceChildren(
      ...others
        .slice(0, MAX_PRINTED)
        .flatMap((i) => [
          h('h3', { class: 'print-window' }, data.drift.windows[i]!.name),
          windowPanel(data, i, thumbnails),
        ]),
    );
  });
  addEventListener('afterprint', () => printed.replaceChildren());
}
