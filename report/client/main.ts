import './styles/page.css';
import './styles/answer.css';
import './styles/cards.css';
import './styles/folded.css';
import './styles/charts.css';
import './styles/panels.css';
import './styles/timeline.css';
import './styles/unlike.css';
import './styles/explained.css';
import './styles/space.css';
import './styles/monitor.css';
import './styles/print.css';
import type { PageData } from '../page-data.js';
import { distanceCharts } from './charts/distance-chart.js';
import { addThemeSwitch, h, place, segments } from './dom.js';
import { closerLook, expandForPrint, WindowChoice } from './panels/closer-look.js';
import { remadePairs } from './panels/remade-pairs.js';
import { unlikePanel } from './panels/unlike.js';
import { spaceSection } from './space/space-section.js';
import { Thumbnails } from './thumbnails.js';
import { timeline, WindowRange, worstIn } from './timeline/timeline.js';

function pageData(): PageData {
  const text = document.getElementById('report-data')?.textContent;
  if (!text) throw new Error('The page has no data.');
  return JSON.parse(text) as PageData;
}

/** Windows from which on those that did not drift can be left out. */
const FILTERED = 9;

const data = pageData();
const thumbnails = new Thumbnails(data.thumbnails, 'thumbnail');
const choice = new WindowChoice(worstIn(data, { from: 0, to: data.drift.windows.length - 1 }));

document.documentElement.classList.add('scripted');
addThemeSwitch();
addWindowFilter();
addDrillSizes();
unfoldTargets();
unfoldForPrint();

const strip = place('timeline');
if (strip !== null) timeline(strip, data, new WindowRange(data.drift.windows.length), choice);

const unlike = place('unlike');
if (unlike !== null) unlikePanel(unlike, data, new Thumbnails(data.pictures, 'picture'), choice);

remadePairs(data, new Thumbnails(data.remade, 'remade'));

const distance = place('distance-charts');
if (distance !== null) distanceCharts(distance, data);

const closer = place('closer-look');
if (closer !== null) {
  closerLook(closer, data, thumbnails, choice);
  expandForPrint(closer, data, thumbnails, choice);
}

const space = place('space');
if (space !== null) spaceSection(space, data, thumbnails, choice);

function addWindowFilter(): void {
  const table = document.querySelector<HTMLElement>('.window-table');
  if (table === null) return;
  const rows = [...table.querySelectorAll('.window-row')];
  const drifted = rows.filter((row) => row.classList.contains('row-drift')).length;
  if (rows.length < FILTERED || drifted === 0 || drifted === rows.length) return;
  const apply = () => table.classList.toggle('only-drift', box.checked);
  const box = h('input', { type: 'checkbox', checked: true, onchange: apply });
  apply();
  table.before(h('label.filter', box, `Only the ${drifted} that drifted`));
}

/** Shows one window size of the drill at a time if there are several. In print all are shown. */
function addDrillSizes(): void {
  const frame = place('drill-sizes');
  const sizes = frame === null ? [] : [...frame.querySelectorAll<HTMLElement>('.drill-size')];
  if (frame === null || sizes.length < 2) return;
  const last = sizes.length - 1;
  const show = (chosen: number) => {
    for (const [i, size] of sizes.entries()) size.classList.toggle('drill-size-off', i !== chosen);
  };
  const choices = sizes.map(({ dataset }, i) => ({ value: String(i), text: dataset['label'] ?? '' }));
  frame.classList.add('drill-chosen');
  frame.before(segments('drill-size', 'Rows in a window', choices, (chosen) => show(Number(chosen)), last));
  show(last);
}

/** A folded section that is the target of a link is opened, then shown. */
function unfoldTargets(): void {
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const details =
      id === '' ? null : document.getElementById(id)?.querySelector<HTMLDetailsElement>(':scope > details');
    if (!details || details.open) return;
    details.open = true;
    details.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();
}

/** What a reader had closed is closed again afterwards. */
function unfoldForPrint(): void {
  let closed: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open], .points, #look *)')];
    for (const details of closed) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of closed) details.open = false;
    closed = [];
  });
}
