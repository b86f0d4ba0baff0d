export type * from './drill-data.js';
export type * from './explained-data.js';
export type * from './image-data.js';
export { type RankedWindow, rankedWindows } from './ranked-windows.js';
export { renderReport } from './render-report.js';
export type * from './report-data.js';
export { MAX_POINTS, type SceneSet, sceneOf } from './scene.js';
export { umap3d } from './umap.js';
