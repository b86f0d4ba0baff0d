/** Images of the clusters that grew and shrank: the most typical and the most unusual ones. */
import { clusterTitle } from '../../causes.js';
import { exemplarCaption, formatPoints, sentence } from '../../format.js';
import type { ClusterExemplars, Exemplar } from '../../image-data.js';
import { h } from '../dom.js';
import { isCorrect, type Thumbnails } from '../thumbnails.js';

const SIZE = 56;
const CLUSTERS_SHOWN = 6;

export function exemplarPanel(
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
