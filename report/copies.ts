/** Windows of which so many images repeat each other that more would tell no more. */
import { areMostlyCopies } from './numbers/index.js';
import type { ReportData, ReportedWindow, ReportWindow } from './report-data.js';

/** Whether the images are copies of few, which the baseline's are not. */
export function isOfCopies(
  { rows }: Pick<ReportedWindow, 'rows'>,
  { effectiveRows, effectiveBy }: Pick<ReportWindow, 'effectiveRows' | 'effectiveBy'>,
  baseline: ReportData['drift']['baseline'],
): boolean {
  const worth = { rows, effectiveRows: effectiveRows ?? rows, effectiveBy };
  return areMostlyCopies(worth, { rows: baseline.rows, effectiveRows: baseline.effective_rows });
}
