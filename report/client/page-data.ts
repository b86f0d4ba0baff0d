/** The data that the page was made from, read from the page. */
import type { ReportData } from '../report-data.js';

export type PageData = ReportData;

export function pageData(): PageData {
  const text = document.getElementById('report-data')?.textContent;
  if (!text) throw new Error('The page has no data.');
  return JSON.parse(text) as PageData;
}
