/** What many windows say together: how many drift beside how many would by chance, and whether it grows. */
import { plural } from './plural.js';

/** From so many windows on, some drift by chance, and what they say together comes before any one of them. */
export const MANY_WINDOWS = 30;

interface Drifted {
  verdict: string | null;
  accuracy: number | null;
}

/** How p-values are adjusted, and the level. */
export interface TogetherRule {
  /** Null where nothing was calibrated. */
  alpha: number | null;
  adjust: string | null;
}

export interface Together {
  /** `18 of 365 windows drifted, and 18 would by chance`; the number expected is left out where it is not known. */
  answer: string;
  /** The trend: the earlier half of the windows beside the later one, in their order. */
  trend: string;
}

/** Null of fewer than `MANY_WINDOWS`. */
export function together(windows: readonly Drifted[], { alpha, adjust }: TogetherRule): Together | null {
  if (windows.length < MANY_WINDOWS) return null;
  const middle = Math.floor(windows.length / 2);
  const halves = [windows.slice(0, middle), windows.slice(middle)] as const;
  const drifted = `${countOf(windows).toLocaleString('en-US')} of ${plural(windows.length, 'window')} drifted`;
  return { answer: `${drifted}${expectedOf(windows.length, alpha, adjust)}`, trend: trendOf(halves) };
}

function expectedOf(windows: number, alpha: number | null, adjust: string | null): string {
  if (alpha === null) return '';
  // Adjusted, what is called drift is hardly ever chance.
  if (adjust !== null) return '';
  const expected = Math.round(alpha * windows);
  return `, and about ${expected.toLocaleString('en-US')} would by chance if nothing had changed`;
}

function trendOf([earlier, later]: readonly [readonly Drifted[], readonly Drifted[]]): string {
  const drift = `Of the earlier half ${countOf(earlier)} drifted, of the later half ${countOf(later)}`;
  const [before, after] = [accuracyOf(earlier), accuracyOf(later)];
  if (before === null || after === null) return drift;
  return `${drift}; accuracy is ${percent(before)} in the earlier half and ${percent(after)} in the later one, in the mean`;
}

function countOf(windows: readonly Drifted[]): number {
  return windows.filter(({ verdict }) => verdict === 'drift').length;
}

/** Mean of the windows with labels; null where fewer than half have some. */
function accuracyOf(windows: readonly Drifted[]): number | null {
  const known = windows.flatMap(({ accuracy }) => accuracy ?? []);
  if (known.length < windows.length / 2) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
