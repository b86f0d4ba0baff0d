/** Which windows are explained: all, or those that drifted, but for those with too few rows. */
import type { WindowReport } from '../../drift/index.js';
import type { EventFile, Measurement } from '../measure/index.js';
import { LEAST_ROWS } from './baseline-images.js';
import { ExplainError } from './explain-error.js';
import type { ExplainOptions } from './explain-options.js';
import type { SkippedWindow } from './explanation.js';
import { tooFewRows, type WindowPlace } from './window-rows.js';

export interface AskedWindow {
  place: WindowPlace;
  report: WindowReport;
}

/** A window that is not explained: too few rows, or no time. */
export interface FewRows {
  name: SkippedWindow['name'];
  error: ExplainError;
}

/** @throws ExplainError `EXPLAIN_TOO_FEW_ROWS` where no window has enough rows, before anything is embedded */
export function askedWindows(
  { report, files }: Pick<Measurement, 'report' | 'files'>,
  { window: length, onlyDrifted = false }: ExplainOptions,
): { enough: AskedWindow[]; few: FewRows[] } {
  // A table without rows is no window.
  const own = files.filter(({ rows }) => rows > 0);
  const all = report.windows.map((window, i) => {
    const of: readonly EventFile[] = length === undefined ? [own[i]!] : files;
    return { place: { name: window.name, files: of, length }, report: window };
  });
  const wanted = all.filter(({ report: { verdict } }) => !onlyDrifted || verdict === 'drift');
  const few = wanted
    .filter(({ report: { rows } }) => rows < LEAST_ROWS)
    .map(({ place: { name, files: of }, report: { rows } }) => {
      return { name, error: tooFewRows(length === undefined ? of[0]!.path : name, rows, rows) };
    });
  const enough = wanted.filter(({ report: { rows } }) => rows >= LEAST_ROWS);
  refuseNone(enough, few);
  return { enough, few };
}

/** @throws ExplainError of the first window, where none can be explained */
export function refuseNone(windows: readonly unknown[], few: readonly FewRows[]): void {
  const [first] = few;
  if (windows.length === 0 && first !== undefined) throw first.error;
}

/** What was thrown for a window with too few groups, or for which no time was left; all else is thrown again. */
export function asSkipped(error: unknown, name: string): FewRows {
  const codes = ['EXPLAIN_TOO_FEW_ROWS', 'EXPLAIN_BUDGET'];
  if (error instanceof ExplainError && codes.includes(error.code)) return { name, error };
  throw error;
}
