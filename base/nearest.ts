import { distance } from 'fastest-levenshtein';

/**
 * The known name closest to a mistyped one, for "did you mean" hints, or null when none is close.
 *
 * A name is close if at most a third of the typed letters are wrong. One wrong letter is always allowed, and so are two
 * neighbours that have changed places.
 */
export function nearest(typed: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const lower = typed.toLowerCase();
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const name of known) {
    const d = isSwapped(lower, name.toLowerCase()) ? 1 : distance(lower, name.toLowerCase());
    if (d < bestDistance) {
      best = name;
      bestDistance = d;
    }
  }
  return best;
}

/** `aplha` for `alpha`: the slip of a fast hand, though two letters are wrong. */
function isSwapped(typed: string, name: string): boolean {
  if (typed.length !== name.length || typed === name) return false;
  let at = 0;
  while (typed[at] === name[at]) at++;
  return typed[at] === name[at + 1] && typed[at + 1] === name[at] && typed.slice(at + 2) === name.slice(at + 2);
}

/** The first value that came before; undefined where all differ. */
export function firstTwice<T>(values: Iterable<T>): T | undefined {
  const seen = new Set<T>();
  for (const value of values) {
    if (seen.has(value)) return value;
    seen.add(value);
  }
  return undefined;
}
