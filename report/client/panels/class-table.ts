/** The classes of one window in numbers: count, shares, Fréchet distance, accuracy where known. */
import { formatCount, formatP, formatPercent, formatPoints, formatValue, NOT_KNOWN, shorten } from '../../format.js';
import type { PredictedClass } from '../../report-data.js';
import { h } from '../dom.js';

const NAME_LENGTH = 60;

interface Column {
  title: string;
  cell(one: PredictedClass): string;
}

/** @param rows of the window */
export function classTable(classes: readonly PredictedClass[], rows: number): HTMLElement {
  const columns: Column[] = [
    { title: 'Images', cell: ({ window }) => formatCount(window * rows) },
    { title: 'Share', cell: ({ window }) => formatPercent(window) },
    { title: 'Baseline', cell: ({ baseline }) => formatPercent(baseline) },
    { title: 'Change', cell: ({ baseline, window }) => formatPoints(window - baseline) },
    ...known(classes, 'frechet', 'Fréchet distance', ({ frechet }) => {
      return frechet === null ? NOT_KNOWN : `${formatValue(frechet.value)}, ${formatP(frechet.p)}`;
    }),
    ...known(classes, 'accuracy', 'Accuracy', ({ accuracy }) => formatPercent(accuracy)),
  ];
  const head = columns.map(({ title }) => h('th', { scope: 'col', class: 'number' }, title));
  const lines = classes.map((one) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, shorten(one.name, NAME_LENGTH)),
      ...columns.map(({ cell }) => h('td', { class: 'number' }, cell(one))),
    ),
  );
  const table = h(
    'table',
    { class: 'class-table' },
    h('caption', { class: 'vh' }, 'Predicted classes in numbers'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Predicted class'), ...head)),
    h('tbody', {}, ...lines),
  );
  const box = h(
    'div',
    { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Predicted classes in numbers' },
    table,
  );
  return h('details', { class: 'long classes' }, h('summary', {}, 'The classes in numbers'), box);
}

/** A column that is left out where nothing is known of any class. */
function known(
  classes: readonly PredictedClass[],
  name: 'frechet' | 'accuracy',
  title: string,
  cell: Column['cell'],
): Column[] {
  return classes.some((one) => one[name] !== null) ? [{ title, cell }] : [];
}
