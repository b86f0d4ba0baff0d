/** Which labels have moved, where several may hold. */
import { chiSquareCdf } from '../null/chi-square.js';
import type { Profile } from '../profile/profile.js';
import { type LabelColumn, labelOf } from '../rows/label-columns.js';
import { holdingShares, movedColumns } from '../tests/column-shifts.js';
import { holm } from '../tests/p-values.js';
import type { WindowSummary } from '../windows/window-summary.js';

/** How a label has moved: how often it holds, or where its scores lie. */
export interface LabelChange {
  label: string;
  /** Shares of the rows for which it holds; null where only its scores have moved. */
  shares: { baseline: number; window: number } | null;
  direction: 'higher' | 'lower';
  /** Adjusted for the number of labels (Holm). */
  p: number;
}

/** Labels that have moved, the surest first; of one whose share has moved, the scores are not told, too. */
export function labelChanges(profile: Profile, window: WindowSummary, alpha: number): LabelChange[] {
  const [holds, scores] = (['holds', 'score'] as const).map((kind) => changesOf(profile, window, kind, alpha));
  const told = new Set(holds!.map(({ label }) => label));
  return [...holds!, ...scores!.filter(({ label }) => !told.has(label))];
}

function changesOf(profile: Profile, window: WindowSummary, kind: LabelColumn, alpha: number): LabelChange[] {
  const moved = movedColumns(profile, window, kind).sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift));
  const adjusted = holm(moved.map(({ shift }) => 1 - chiSquareCdf(shift * shift, 1)));
  return moved.flatMap(({ name, shift, sides }, i): LabelChange[] => {
    const p = adjusted[i]!;
    const shares = kind === 'holds' ? holdingShares(sides) : null;
    return p > alpha ? [] : [{ label: labelOf(name)!.label, shares, direction: shift < 0 ? 'lower' : 'higher', p }];
  });
}

/** `label pneumonia: 4.1 % of images, 2.2 % in the baseline` */
export function labelWords({ label, shares, direction }: Omit<LabelChange, 'p'>): string {
  if (shares === null) return `label ${label}: ${direction} scores than in the baseline`;
  const [now, before] = [shares.window, shares.baseline].map((share) => (100 * share).toFixed(1));
  return `label ${label}: ${now} % of images, ${before} % in the baseline`;
}
