import type { PageData } from '../../page-data.js';
import type { ProjectedPoint, ReportProjection } from '../../report-data.js';
import { h, iconButton, segments } from '../dom.js';
import type { WindowChoice } from '../panels/closer-look.js';
import { describe, isCorrect, type Thumbnails } from '../thumbnails.js';
import { type ColourBy, type ColourKey, paletteOf, setColour } from './palette.js';
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
  const keys = h('ul.colour-keys', { 'aria-label': 'Colours' });
  const choices = COLOURS.filter(({ isKnown }) => isKnown === undefined || projection.points.some(isKnown));
  const colourBy = segments('space-colour', 'Colour', choices, (by) => {
    const palette = paletteOf(projection, by, data.clusterNames);
    view.colour(palette);
    sets.showSwatches(by === 'set');
    keys.replaceChildren(...colourKey(palette.keys));
  });

  frame.append(
    h('div.space-bar', layoutSwitch(projection, view), colourBy),
    h('div.space', h('div.space-frame', view.element, zoomButtons(view)), h('div.space-side', sets.element, keys)),
    h(
      'p.note.space-keys',
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
  const layouts: { value: Layout; text: string }[] = [
    { value: 'pca', text: 'PCA' },
    { value: 'umap', text: 'UMAP' },
  ];
  return segments('space-layout', 'Layout', layouts, (layout) => view.arrange(layout));
}

/** What colours may stand for, where it is known of any point. */
const COLOURS: readonly { value: ColourBy; text: string; isKnown?: (point: ProjectedPoint) => boolean }[] = [
  { value: 'set', text: 'Set' },
  { value: 'cluster', text: 'Cluster' },
  { value: 'class', text: 'Predicted class', isKnown: ({ predicted }) => predicted !== null },
  { value: 'confidence', text: 'Confidence', isKnown: ({ confidence }) => confidence !== null },
  { value: 'group', text: 'Group', isKnown: ({ group }) => group !== null },
  { value: 'correctness', text: 'Right or wrong', isKnown: (point) => isCorrect(point) !== null },
];

function zoomButtons({ orbit }: SpaceView): HTMLElement {
  return h(
    'div.space-zoom',
    iconButton('button', 'Zoom in', 'M8 3v10M3 8h10', () => orbit.zoom(1)),
    iconButton('button', 'Zoom out', 'M3 8h10', () => orbit.zoom(-1)),
    iconButton('button', 'Back to the start', 'M3.5 8a4.5 4.5 0 1 0 1.6-3.4M5.4 1.8v3h3', () => orbit.reset()),
  );
}

interface SetList {
  element: HTMLElement;
  tick(sets: ReadonlySet<number>): void;
  /** Swatches mean something only while colours stand for sets. */
  showSwatches(shown: boolean): void;
}

/** @param colours per set, custom properties without their dashes */
function setList(
  names: readonly string[],
  counts: readonly number[],
  colours: readonly string[],
  onToggle: (set: number, shown: boolean) => void,
): SetList {
  const boxes = names.map((_, set) => {
    const box = h('input', { type: 'checkbox', onchange: () => onToggle(set, box.checked) });
    return box;
  });
  const items = names.map((name, set) =>
    h('li', h('label', boxes[set]!, swatch(colours[set]!), h('span.set-name', name), h('small', String(counts[set])))),
  );
  const list = h('ul', ...items);
  return {
    element: h('fieldset.sets', h('legend', 'Shown sets'), list),
    tick(sets) {
      boxes.forEach((box, set) => {
        box.checked = sets.has(set);
      });
    },
    showSwatches(shown) {
      list.classList.toggle('without-swatches', !shown);
    },
  };
}

function colourKey(keys: readonly ColourKey[]): HTMLElement[] {
  return keys.map(({ colour, name }) => h('li', swatch(colour), name));
}

function swatch(colour: string): HTMLElement {
  const element = h('i.swatch', { 'aria-hidden': 'true' });
  element.style.background = `var(--${colour})`;
  return element;
}
