export { buildReport, REPORT_EXEMPLARS, type ReportOptions } from './build-report.js';
export type { ExplainedForReport, ImagePair, PairedImage, ReportExplanation, SkippedWindow } from './remade.js';
export { shrunkImage } from './sprite-sheet.js';
export {
  makeThumbnails,
  picturesOfRows,
  type ThumbnailOptions,
  type Thumbnails,
  type ThumbnailTable,
  type WantedRow,
} from './thumbnails.js';
export { UNLIKE_SIDE, unlikenessOf, unlikeRows } from './unlike.js';
export { reportPage, writePage, writeReport } from './write-report.js';
