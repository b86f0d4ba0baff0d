/** Fiddler's rule for names: a letter, then letters, digits and underscores, all in lower case. */
import { z } from 'zod';

export function nameRule(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .regex(/^[a-z][a-z0-9_]*$/, 'only a-z, 0-9 and _ are possible, and a letter at the beginning');
}
