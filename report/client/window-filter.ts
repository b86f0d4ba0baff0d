/** Shows only the drifted windows of the first table if it is long. One click shows all of them again. */
import { h } from './dom.js';

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
