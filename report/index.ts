export { headline } from './headline.js';
export { type FlipsPage, flipsPage, type LabelsPage, labelsPage } from './label-pages.js';
export {
  type MonitorPageAlarm,
  type MonitorPageData,
  type MonitorPicture,
  renderMonitorPage,
} from './monitor/monitor-page.js';
export type { MonitorSeries } from './monitor/series-chart.js';
export { type RankedWindow, rankedWindows } from './ranked-windows.js';
export { renderReport } from './render-report.js';
export type * from './report-data.js';
export { MAX_POINTS, type SceneSet, sceneOf, umap3d } from './scene.js';
export type * from './section-data.js';
