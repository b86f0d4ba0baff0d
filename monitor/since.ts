/**
 * When a change began: of all starts, the one for which windows from it on are most unlike those before it (D. V.
 * Hinkley, Biometrika 57, 1970). The range are starts of nearly the same likelihood.
 */
import { squareOf } from './block-view.js';
import { addPart, noPart, type Part, residual } from './stream.js';

/** Windows that are looked back at. */
const MOST_WINDOWS = 120;
/** Twice the logarithm of how much less likely the ends of the range are. */
const RANGE = 8;

export interface PastWindow {
  /** Place in the list of windows. */
  window: number;
  part: Part;
  /** Whether the reference has it. */
  isQuiet: boolean;
}

export interface Since {
  since: number;
  low: number;
  high: number;
}

/**
 * @param past windows up to the alarm, the last of which alarmed
 * @param reference baseline and all quiet ones of them
 * @param spread variance of windows over that of their rows
 */
export function changePoint(past: readonly PastWindow[], reference: Part, factor: Float64Array, spread: number): Since {
  const segment = noPart(reference.totals.length);
  const before = { rows: reference.rows, totals: reference.totals.slice() };
  const starts: { window: number; likelihood: number }[] = [];
  for (const { window, part, isQuiet } of past.slice(-MOST_WINDOWS).reverse()) {
    addPart(segment, part);
    if (isQuiet) addPart(before, part, -1);
    if (before.rows <= 1) break;
    starts.push({ window, likelihood: segment.rows > 0 ? squareOf(residual(factor, segment, before)) / spread : 0 });
  }
  const most = starts.reduce((best, start) => (start.likelihood > best.likelihood ? start : best));
  const near = starts.filter(({ likelihood }) => likelihood >= most.likelihood - RANGE).map(({ window }) => window);
  return { since: most.window, low: Math.min(...near), high: Math.max(...near) };
}
