/** Everything about one window: causes, clusters, labels and images. */
import { clusterTitle } from '../../causes.js';
import {
  exemplarCaption,
  formatCount,
  formatP,
  formatPercent,
  formatPoints,
  formatValue,
  NOT_KNOWN,
  sentence,
  shorten,
} from '../../format.js';
import type { PageData } from '../../page-data.js';
import type { PredictedClass } from '../../report-data.js';
import type { ClusterExemplars, Exemplar } from '../../section-data.js';
import { shareChart } from '../charts/share-chart.js';
import { h } from '../dom.js';
import { isCorrect, type Thumbnails } from '../thumbnails.js';
import { causePanel } from './causes.js';

export function windowPanel(
  { drift, windows, clusterNames }: PageData,
  index: number,
  thumbnails: Thumbnails,
): HTMLElement {
  const window = windows[index]!;
  const { clusters, predicted, classesLeft } = window;
  const clusterShares = clusters.baseline.map((baseline, i) => ({
    name: clusterTitle(i, clusterNames),
    baseline,
    window: clusters.window[i] ?? 0,
  }));
  const charts = h('div', { class: 'pair' });
  if (clusterShares.length > 0)
    charts.append(
      shareChart(
        'Share of the rows in each cluster, named by what is predicted in it',
        'Cluster',
        clusterShares,
        'clusters',
      ),
    );
  if (predicted !== null && predicted.length > 0) {
    charts.append(shareChart('Share of the rows predicted as', 'Class', predicted, 'classes', classesLeft));
  }
  return h(
    'div',
    { class: 'window-panel' },
    causePanel(drift.windows[index]!, window, clusterNames),
    charts,
    charts.childElementCount > 0 ? shareKeys() : null,
    predicted === null || predicted.length === 0 ? null : classTable(predicted, drift.windows[index]!.rows),
    exemplarPanel(window.exemplars, thumbnails, clusterNames),
  );
}

function shareKeys(): HTMLElement {
  return h(
    'ul',
    { class: 'keys', 'aria-hidden': 'true' },
    h('li', { class: 'key key-bar' }, 'this window'),
    h('li', { class: 'key key-tick' }, 'baseline'),
  );
}

/** The classes of one window in numbers: count, shares, Fréchet distance, accuracy where known. */
const NAME_LENGTH = 60;

interface Column {
  title: string;
  cell(one: PredictedClass): string;
}

/** @param rows of the window */
function classTable(classes: readonly PredictedClass[], rows: number): HTMLElement {
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

/** Images of the clusters that grew and shrank: the most typical and the most unusual ones. */
const SIZE = 56;
const CLUSTERS_SHOWN = 6;

function exemplarPanel(
  clusters: readonly ClusterExemplars[],
  thumbnails: Thumbnails,
  names: readonly (string | null)[],
): HTMLElement | null {
  if (clusters.length === 0) return null;
  return h(
    'details',
    { class: 'exemplars', open: !matchMedia('(max-width: 42rem)').matches },
    h('summary', {}, h('h3', {}, 'Images of the clusters that changed')),
    h(
      'div',
      { class: 'exemplar-clusters' },
      ...clusters.slice(0, CLUSTERS_SHOWN).map((each) => clusterCard(each, thumbnails, names)),
    ),
  );
}

function clusterCard(
  { cluster, change, source, typical, unusual }: ClusterExemplars,
  thumbnails: Thumbnails,
  names: readonly (string | null)[],
): HTMLElement {
  const grew = change >= 0;
  return h(
    'section',
    { class: 'exemplar-cluster' },
    h(
      'h4',
      {},
      sentence(clusterTitle(cluster, names)),
      ' ',
      h('span', { class: grew ? 'grew' : 'shrank' }, `${grew ? '▲ grew' : '▼ shrank'} ${formatPoints(change)}`),
    ),
    h('p', { class: 'note' }, exemplarCaption(source)),
    strip('Typical', typical, thumbnails),
    strip('Unusual', unusual, thumbnails),
  );
}

function strip(title: string, exemplars: readonly Exemplar[], thumbnails: Thumbnails): HTMLElement | null {
  if (exemplars.length === 0) return null;
  return h(
    'div',
    { class: 'exemplar-strip' },
    h('h5', {}, title),
    h('ul', {}, ...exemplars.map((exemplar) => h('li', {}, exemplarFigure(exemplar, thumbnails)))),
  );
}

/** The figure can take the focus, so the keyboard also reaches what hovering shows. */
function exemplarFigure(exemplar: Exemplar, thumbnails: Thumbnails): HTMLElement {
  const figure = h('figure', { tabindex: 0, class: 'exemplar' }, thumbnails.image(exemplar, SIZE), details(exemplar));
  if (isCorrect(exemplar) === false) figure.classList.add('exemplar-wrong');
  return figure;
}

function details({ label, target, predicted, facts = [] }: Exemplar): HTMLElement {
  const line = (name: string, value: string | null) =>
    value === null ? null : h('span', {}, h('b', {}, name), ` ${value}`);
  return h(
    'figcaption',
    { class: 'bubble', 'aria-hidden': 'true' },
    h('span', { class: 'bubble-title' }, label),
    line('label', target),
    line('predicted', predicted),
    ...facts.map(({ name, value }) => line(name, value)),
  );
}
