import { distance } from 'fastest-levenshtein';

/**
 * The known name closest to a mistyped one, for "did you mean" hints, or null when none is close.
 *
 * A name is close if at most a third of the typed letters are wrong. One wrong letter is always allowed.
 */
export function nearest(typed: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const name of known) {
    const d = distance(typed.toLowerCase(), name.toLowerCase());
    if (d < bestDistance) {
      best = name;
      bestDistance = d;
    }
  }
  return best;
}
