/** What a reader can choose and open in the page's own tables. */
import { h, place } from './dom.js';

const LONG = 9;

export function addWindowFilter(): void {
  const table = document.querySelector<HTMLElement>('.window-table');
  if (table === null) return;
  const rows = [...table.querySelectorAll('.window-row')];
  const drifted = rows.filter((row) => row.classList.contains('row-drift')).length;
  if (rows.length < LONG || drifted === 0 || drifted === rows.length) return;
  const box = h('input', { type: 'checkbox' });
  const apply = () => table.classList.toggle('only-drift', box.checked);
  box.checked = true;
  box.addEventListener('change', apply);
  apply();
  table.before(h('label', { class: 'filter' }, box, `Only the ${drifted} that drifted`));
}

/** Shows one window size of the drill at a time if there are several. In print all are shown. */
export function addDrillSizes(): void {
  const frame = place('drill-sizes');
  const sizes = frame === null ? [] : [...frame.querySelectorAll<HTMLElement>('.drill-size')];
  if (frame === null || sizes.length < 2) return;
  const show = (chosen: number) => {
    for (const [i, size] of sizes.entries()) size.classList.toggle('drill-size-off', i !== chosen);
  };
  const choices = sizes.map((size, i) => {
    const radio = h('input', { type: 'radio', name: 'drill-size', value: i });
    radio.checked = i === sizes.length - 1;
    radio.addEventListener('change', () => show(i));
    return h('label', {}, radio, h('span', {}, size.dataset['label'] ?? ''));
  });
  frame.classList.add('drill-chosen');
  frame.before(h('fieldset', { class: 'segments' }, h('legend', {}, 'Rows in a window'), ...choices));
  show(sizes.length - 1);
}

/** A folded section that is the target of a link is opened, then shown. */
export function unfoldTargets(): void {
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const details =
      id === '' ? null : document.getElementById(id)?.querySelector<HTMLDetailsElement>(':scope > details');
    if (!details || details.open) return;
    details.open = true;
    details.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();
}

/** What a reader had closed is closed again afterwards. */
export function unfoldForPrint(): void {
  let closed: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open], .points, #look *)')];
    for (const details of closed) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of closed) details.open = false;
    closed = [];
  });
}
