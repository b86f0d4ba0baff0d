/** What changed in the images themselves: first in words, then each statistic with the size of its change. */

import { causeParts, pictureCauses, withClusterName } from '../../causes.js';
import { formatEffect, formatValue } from '../../format.js';
import type { PageDetails, PageWindow } from '../../page-data.js';
import type { StatisticChange } from '../../report-data.js';
import { dataTable, h, s } from '../dom.js';

const MAX_STATISTICS = 12;
const BAR_WIDTH = 120;
const BAR_HEIGHT = 14;
/** Standard deviations at either end of a bar. Larger effects end in an arrow; the number shows the full size. */
const FULL_EFFECT = 2;

export function causePanel(
  { causes, verdict }: PageWindow,
  { statistics, unlike }: PageDetails,
  clusterNames: readonly (string | null)[],
): HTMLElement {
  return h(
    'div.cause-panel',
    h('h3', 'Why'),
    causeList(causes, verdict === 'drift', clusterNames),
    unlike !== null && verdict === 'drift' && hasNoName(causes) ? exemplarsLink() : null,
    statistics.length > 0 ? statisticTable(statistics.slice(0, MAX_STATISTICS)) : null,
  );
}

/** Nothing that happened to the pictures has a name. */
function hasNoName(causes: readonly string[] | null): boolean {
  return pictureCauses(causes).every((cause) => cause.includes('no name'));
}

function exemplarsLink(): HTMLElement {
  return h('p', h('a', { href: '#look' }, 'The images that are most unlike the baseline'), ' show what changed.');
}

function causeList(
  causes: readonly string[] | null,
  drifted: boolean,
  clusterNames: readonly (string | null)[],
): HTMLElement {
  if (causes === null) return h('p.unknown', 'The cause is not known: no statistics of the images were at hand.');
  if (causes.length === 0) {
    const text = drifted
      ? 'No statistic of the images differs enough to be named: look at the clusters and images below.'
      : 'Nothing to explain.';
    return h('p.unknown', text);
  }
  const entries = causes.map((cause) => {
    const { name, numbers } = causeParts(withClusterName(cause, clusterNames));
    return h('li', h('strong', name), numbers);
  });
  return h('ul.causes.causes-large', ...entries);
}

function statisticTable(statistics: readonly StatisticChange[]): HTMLElement {
  const title = 'Statistics of the images, most changed first';
  const columns = [
    { title: 'Statistic' },
    { title: 'Baseline', name: 'number' },
    { title: 'Window', name: 'number' },
    { title: `Change, in standard deviations; bars end at ±${FULL_EFFECT}`, name: 'effect' },
  ];
  const rows = statistics.map(({ name, baseline, window, effect }) => [
    name,
    formatValue(baseline),
    formatValue(window),
    [effectBar(effect), h('span', formatEffect(effect))],
  ]);
  return h('details.long', h('summary', title), dataTable('table.statistics', h('caption.vh', title), columns, rows));
}

function effectBar(effect: number): SVGElement {
  const size = Number.isFinite(effect) ? Math.min(Math.abs(effect) / FULL_EFFECT, 1) : 0;
  const length = (size * BAR_WIDTH) / 2;
  const middle = BAR_WIDTH / 2;
  return s(
    'svg.effect-bar',
    { viewBox: `0 0 ${BAR_WIDTH} ${BAR_HEIGHT}`, 'aria-hidden': 'true' },
    s('rect.effect-track', { x: 0, y: 3, width: BAR_WIDTH, height: BAR_HEIGHT - 6, rx: 2 }),
    s('rect.effect-size', { x: effect < 0 ? middle - length : middle, y: 3, width: length, height: BAR_HEIGHT - 6 }),
    s('rect.effect-zero', { x: middle - 0.5, y: 0, width: 1, height: BAR_HEIGHT }),
    Math.abs(effect) > FULL_EFFECT ? s('path.effect-more', { d: arrowAtEnd(effect) }) : null,
  );
}

function arrowAtEnd(effect: number): string {
  const [end, inwards] = effect < 0 ? [0, 1] : [BAR_WIDTH, -1];
  const middle = BAR_HEIGHT / 2;
  const corner = (distance: number, y: number) => `${end + inwards * distance} ${y}`;
  return `M${corner(14, 0)}L${corner(0, middle)}L${corner(14, BAR_HEIGHT)}L${corner(8, middle)}Z`;
}
