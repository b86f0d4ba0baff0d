/** What is known of one point: its image, its label, its prediction, its set. */
import { shorten } from '../../format.js';
import type { ProjectedPoint } from '../../report-data.js';
import { h } from '../dom.js';
import { isCorrect, type Thumbnails } from '../thumbnails.js';

const IMAGE_SIZE = 84;
const LABEL_LENGTH = 60;

export function pointCard(point: ProjectedPoint, setName: string, thumbnails: Thumbnails): HTMLElement {
  const correct = isCorrect(point);
  return h(
    'div',
    { class: 'point-card' },
    thumbnails.image(point, IMAGE_SIZE),
    h(
      'dl',
      {},
      h(
        'div',
        { class: 'point-name' },
        h('dt', { class: 'vh' }, 'Image'),
        h('dd', {}, shorten(point.label, LABEL_LENGTH)),
      ),
      line('Label', point.target),
      line('Predicted', point.predicted === null ? null : `${point.predicted}${correct === false ? ' ✕' : ''}`),
      line('Set', setName),
      line('Cluster', String(point.cluster + 1)),
    ),
  );
}

function line(name: string, value: string | null): HTMLElement | null {
  return value === null ? null : h('div', {}, h('dt', {}, name), h('dd', {}, shorten(value, LABEL_LENGTH)));
}
