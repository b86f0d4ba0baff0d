/** The windows of a report, worst first. */
import { isOfCopies } from './copies.js';
import { fallOf } from './fall.js';
import { HARMS, type Harm, harmOf, type Judged } from './harm.js';
import { type NextStep, nextStep } from './next-step.js';
import type { ReportData } from './report-data.js';

export interface RankedWindow extends Judged {
  /** In the order of the report. */
  index: number;
  harm: Harm;
  next: NextStep;
}

/** Worst first: by harm, then by how far accuracy fell, then the latest. Those that ask for nothing come last, in order. */
export function rankedWindows({
  drift,
  windows,
  baselineAccuracy,
}: Pick<ReportData, 'drift' | 'baselineAccuracy'> & { windows: readonly Judged['details'][] }): RankedWindow[] {
  const all = drift.windows.map((window, index): RankedWindow => {
    const details = windows[index]!;
    const areCopies = isOfCopies(window, details, drift.baseline);
    const judged = { window, details, baseline: baselineAccuracy, areCopies };
    return { ...judged, index, harm: harmOf(judged), next: nextStep(judged) };
  });
  return all.sort(byRank);
}

function byRank(a: RankedWindow, b: RankedWindow): number {
  const latest = a.next.isUrgent && b.next.isUrgent ? b.index - a.index : a.index - b.index;
  return rank(a) - rank(b) || fallOf(b.window) - fallOf(a.window) || latest;
}

function rank({ harm, window, next }: RankedWindow): number {
  return 2 * HARMS.indexOf(harm) + (window.verdict === 'drift' ? 0 : 1) + (next.isUrgent ? 0 : 2 * HARMS.length);
}
