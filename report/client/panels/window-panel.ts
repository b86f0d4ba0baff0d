/** Everything about one window: causes, clusters, labels and images. */

import { clusterTitle } from '../../causes.js';
import { shareChart } from '../charts/share-chart.js';
import { h } from '../dom.js';
import type { PageData } from '../page-data.js';
import type { Thumbnails } from '../thumbnails.js';
import { causePanel } from './causes.js';
import { classTable } from './class-table.js';
import { exemplarPanel } from './exemplars.js';

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
