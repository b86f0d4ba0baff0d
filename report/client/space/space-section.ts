/** The section of the 3-D view: the view itself, its controls, what was kept, and the points as a table. */

import type { PageData } from '../../page-data.js';
import type { ReportProjection } from '../../report-data.js';
import { h } from '../dom.js';
import type { WindowChoice } from '../panels/closer-look.js';
import { describe, isCorrect, type Thumbnails } from '../thumbnails.js';
import { type Choice, colourKey, iconButton, segments, setList } from './controls.js';
import { type ColourBy, paletteOf, setColour } from './palette.js';
import { Pins, PointTable, pointCard } from './point-table.js';
import { type Layout, SpaceView } from './space-view.js';

export function spaceSection(frame: HTMLElement, data: PageData, thumbnails: Thumbnails, choice: WindowChoice): void {
  const { projection } = data;
  if (projection === null) return;
  const pins = new Pins();
  const table = new PointTable(projection);
  const view = new SpaceView(projection, thumbnails, (point) => {
    const { set } = projection.points[point]!;
    const card = pointCard(projection.points[point]!, projection.sets[set] ?? '', thumbnails);
    pins.add(point, card, describe(projection.points[point]!));
  });

  const shown = new Set<number>();
  const refresh = () => {
    view.showSets(shown);
    table.show(view.shownPoints());
  };
  const sets = setList(
    projection.sets,
    pointsPerSet(projection),
    projection.sets.map((_, set) => setColour(set)),
    (set, ticked) => {
      if (ticked) shown.add(set);
      else shown.delete(set);
      refresh();
    },
  );
  const showChosen = () => {
    shown.clear();
    for (const set of setsOf(projection, data, choice.index)) shown.add(set);
    sets.tick(shown);
    refresh();
  };
  const keys = h('ul', { class: 'colour-keys', 'aria-label': 'Colours' });
  const colourBy = segments<ColourBy>('space-colour', 'Colour', colourChoices(projection), (by) => {
    const palette = paletteOf(projection, by, data.clusterNames);
    view.colour(palette);
    sets.showSwatches(by === 'set');
    keys.replaceChildren(...colourKey(palette.keys));
  });

  frame.append(
    h('div', { class: 'space-bar' }, layoutSwitch(projection, view), colourBy),
    h(
      'div',
      { class: 'space' },
      h('div', { class: 'space-frame' }, view.element, zoomButtons(view)),
      h('div', { class: 'space-side' }, sets.element, keys),
    ),
    h(
      'p',
      { class: 'note space-keys' },
      'Drag to turn. With the keyboard: arrows turn, + and − zoom, N and P go from point to point, Enter keeps.',
    ),
    pins.element,
    table.element,
  );
  choice.onChange(showChosen);
  showChosen();
}

/** The baseline and the chosen window; all sets where the window has no points of its own. */
function setsOf({ sets }: ReportProjection, { drift }: PageData, index: number): number[] {
  const own = sets.indexOf(drift.windows[index]?.name ?? '', 1);
  return own > 0 ? [0, own] : sets.map((_, set) => set);
}

function pointsPerSet({ sets, points }: ReportProjection): number[] {
  const counts = sets.map(() => 0);
  for (const { set } of points) counts[set] = (counts[set] ?? 0) + 1;
  return counts;
}

function layoutSwitch({ umap }: ReportProjection, view: SpaceView): HTMLElement | string {
  if (umap === null) return '';
  const layouts: Choice<Layout>[] = [
    { value: 'pca', text: 'PCA' },
    { value: 'umap', text: 'UMAP' },
  ];
  return segments('space-layout', 'Layout', layouts, (layout) => view.arrange(layout));
}

function colourChoices({ points }: ReportProjection): Choice<ColourBy>[] {
  return [
    { value: 'set', text: 'Set' },
    { value: 'cluster', text: 'Cluster' },
    ...(points.some(({ predicted }) => predicted !== null)
      ? [{ value: 'class' as const, text: 'Predicted class' }]
      : []),
    ...(points.some(({ confidence }) => confidence !== null)
      ? [{ value: 'confidence' as const, text: 'Confidence' }]
      : []),
    ...(points.some(({ group }) => group !== null) ? [{ value: 'group' as const, text: 'Group' }] : []),
    ...(points.some((point) => isCorrect(point) !== null)
      ? [{ value: 'correctness' as const, text: 'Right or wrong' }]
      : []),
  ];
}

function zoomButtons({ orbit }: SpaceView): HTMLElement {
  return h(
    'div',
    { class: 'space-zoom' },
    iconButton('Zoom in', 'M8 3v10M3 8h10', () => orbit.zoom(1)),
    iconButton('Zoom out', 'M3 8h10', () => orbit.zoom(-1)),
    iconButton('Back to the start', 'M3.5 8a4.5 4.5 0 1 0 1.6-3.4M5.4 1.8v3h3', () => orbit.reset()),
  );
}
