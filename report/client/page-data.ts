/** The data of the page, read from the page. */
import type { PageData } from '../page-data.js';

export type { PageData, PageDetails, PageWindow } from '../page-data.js';

export function pageData(): PageData {
  const text = document.getElementById('report-data')?.textContent;
  if (!text) throw new Error('The page has no data.');
  return JSON.parse(text) as PageData;
}
