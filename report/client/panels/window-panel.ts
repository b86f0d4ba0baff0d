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
  plainCaption,
  sentence,
  shorten,
} from '../../format.js';
import type { PageData } from '../../page-data.js';
import type { PredictedClass } from '../../report-data.js';
import type { ClusterExemplars, Exemplar } from '../../section-data.js';
import { shareChart } from '../charts/share-chart.js';
import { dataTable, h } from '../dom.js';
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
  const charts = h('div.pair');
  if (clusterShares.length > 0) {
    const title = 'Share of the rows in each cluster, named by what is predicted in it';
    charts.append(shareChart(title, 'Cluster', clusterShares, 'clusters'));
  }
  if (predicted !== null && predicted.length > 0) {
    charts.append(shareChart('Share of the rows predicted as', 'Class', predicted, 'classes', classesLeft));
  }
  return h(
    'div.window-panel',
    causePanel(drift.windows[index]!, window, clusterNames),
    charts,
    charts.childElementCount > 0 ? shareKeys() : null,
    predicted === null || predicted.length === 0 ? null : classTable(predicted, drift.windows[index]!.rows),
    exemplarPanel(window.exemplars, thumbnails, clusterNames),
  );
}

function shareKeys(): HTMLElement {
  return h('ul.keys', { 'aria-hidden': 'true' }, h('li.key.key-bar', 'this window'), h('li.key.key-tick', 'baseline'));
}

const NAME_LENGTH = 60;

interface Column {
  title: string;
  /** Null where it is not known. */
  cell(one: PredictedClass): string | null;
}

function classTable(classes: readonly PredictedClass[], rows: number): HTMLElement {
  const all: Column[] = [
    { title: 'Images', cell: ({ window }) => formatCount(window * rows) },
    { title: 'Share', cell: ({ window }) => formatPercent(window) },
    { title: 'Baseline', cell: ({ baseline }) => formatPercent(baseline) },
    { title: 'Change', cell: ({ baseline, window }) => formatPoints(window - baseline) },
    {
      title: 'Fréchet distance',
      cell: ({ frechet }) => frechet && `${formatValue(frechet.value)}, ${formatP(frechet.p)}`,
    },
    { title: 'Accuracy', cell: ({ accuracy }) => (accuracy === null ? null : formatPercent(accuracy)) },
  ];
  // A column of which nothing is known is left out.
  const columns = all.filter(({ cell }) => classes.some((one) => cell(one) !== null));
  const table = dataTable(
    'table.class-table',
    h('caption.vh', 'Predicted classes in numbers'),
    [{ title: 'Predicted class' }, ...columns.map(({ title }) => ({ title, name: 'number' }))],
    classes.map((one) => [shorten(one.name, NAME_LENGTH), ...columns.map(({ cell }) => cell(one) ?? NOT_KNOWN)]),
  );
  const box = h('div.table-box', { tabindex: 0, role: 'region', 'aria-label': 'Predicted classes in numbers' }, table);
  return h('details.long.classes', h('summary', 'The classes in numbers'), box);
}

const SIZE = 56;
const CLUSTERS_SHOWN = 6;

function exemplarPanel(
  clusters: readonly ClusterExemplars[],
  thumbnails: Thumbnails,
  names: readonly (string | null)[],
): HTMLElement | null {
  if (clusters.length === 0) return null;
  return h(
    'details.exemplars',
    { open: !matchMedia('(max-width: 42rem)').matches },
    h('summary', h('h3', 'Images of the clusters that changed')),
    h(
      'div.exemplar-clusters',
      ...clusters.slice(0, CLUSTERS_SHOWN).map((each) => clusterCard(each, thumbnails, names)),
    ),
  );
}

function clusterCard(
  { cluster, change, source, typical, unusual, plain }: ClusterExemplars,
  thumbnails: Thumbnails,
  names: readonly (string | null)[],
): HTMLElement {
  const grew = change >= 0;
  return h(
    'section.exemplar-cluster',
    h(
      'h4',
      sentence(clusterTitle(cluster, names)),
      ' ',
      h('span', { class: grew ? 'grew' : 'shrank' }, `${grew ? '▲ grew' : '▼ shrank'} ${formatPoints(change)}`),
    ),
    h('p.note', exemplarCaption(source), ' ', (plain && plainCaption(plain)) ?? null),
    strip('Typical', typical, thumbnails),
    strip('Unusual', unusual, thumbnails),
  );
}

function strip(title: string, exemplars: readonly Exemplar[], thumbnails: Thumbnails): HTMLElement | null {
  if (exemplars.length === 0) return null;
  return h(
    'div.exemplar-strip',
    h('h5', title),
    h('ul', ...exemplars.map((exemplar) => h('li', exemplarFigure(exemplar, thumbnails)))),
  );
}

/** The figure can take the focus, so the keyboard also reaches what hovering shows. */
function exemplarFigure(exemplar: Exemplar, thumbnails: Thumbnails): HTMLElement {
  const plain = exemplar.plain === undefined ? null : h('span.exemplar-plain', exemplar.plain);
  const figure = h('figure.exemplar', { tabindex: 0 }, thumbnails.image(exemplar, SIZE), plain, details(exemplar));
  if (isCorrect(exemplar) === false) figure.classList.add('exemplar-wrong');
  return figure;
}

function details({ label, target, predicted, facts = [] }: Exemplar): HTMLElement {
  const line = (name: string, value: string | null) => (value === null ? null : h('span', h('b', name), ` ${value}`));
  return h(
    'figcaption.bubble',
    { 'aria-hidden': 'true' },
    h('span.bubble-title', label),
    line('label', target),
    line('predicted', predicted),
    ...facts.map(({ name, value }) => line(name, value)),
  );
}
