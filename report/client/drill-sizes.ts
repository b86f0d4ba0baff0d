/** Shows one window size of the drill at a time if there are several. In print all are shown. */
import { h, place } from './dom.js';

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
