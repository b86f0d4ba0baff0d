/** Labels that are none of the classes that scores are of: which row of which file has one. */

import { nearest, quoted } from '../../base/index.js';
import type { EventBatch, EventTableSchema } from '../../data/index.js';
import { DriftError } from '../../drift/index.js';

/** How many classes a hint lists. */
const MAX_LISTED = 10;

/**
 * @param firstRow number of the batch's first row in its file
 * @throws DriftError `TARGET_NOT_A_CLASS`
 */
export function checkTargets(
  path: string,
  { scores, targets }: EventBatch,
  { classes }: EventTableSchema,
  firstRow: number,
): void {
  if (scores === null || classes.length === 0) return;
  const known = new Set<string | null>(classes).add(null);
  const row = targets.findIndex((target) => !known.has(target));
  if (row < 0) return;
  const target = targets[row] as string;
  const [place, count] = [(firstRow + row).toLocaleString('en'), classes.length.toLocaleString('en')];
  const meant = nearest(target, classes);
  const listed = classes.slice(0, MAX_LISTED).map(quoted).join(', ');
  throw new DriftError(
    'TARGET_NOT_A_CLASS',
    `${path} row ${place}: target ${quoted(target)} is none of the ${count} classes that the scores are of`,
    {
      hint:
        meant === null
          ? `They are ${listed}${classes.length > MAX_LISTED ? ', …' : ''}.`
          : `Did you mean ${quoted(meant)}?`,
    },
  );
}
