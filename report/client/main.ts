/** The script of the page. It fills the page's frames with charts, pictures and the 3-D view. */
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
import './styles/print.css';
import type { PageData } from '../page-data.js';
import { distanceCharts } from './charts/distance-chart.js';
import { addThemeSwitch, place } from './dom.js';
import { addDrillSizes, addWindowFilter, unfoldForPrint, unfoldTargets } from './page-controls.js';
import { closerLook, expandForPrint, WindowChoice } from './panels/closer-look.js';
import { remadePairs } from './panels/remade-pairs.js';
import { unlikePanel } from './panels/unlike.js';
import { spaceSection } from './space/space-section.js';
import { Thumbnails } from './thumbnails.js';
import { timeline, WindowRange, worstIn } from './timeline/timeline.js';

/** The data of the page, read from the page. */
function pageData(): PageData {
  const text = document.getElementById('report-data')?.textContent;
  if (!text) throw new Error('The page has no data.');
  return JSON.parse(text) as PageData;
}

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
