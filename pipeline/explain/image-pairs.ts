/** Baseline images with a window's causes, each beside the window's image that the network finds most like it. */

import { Random } from '../../base/index.js';
import { applyCauses, type CauseSetting } from '../../data/index.js';
import { type JudgedRows, matchedRows } from '../../drift/index.js';
import { type ImagePair, shrunkImage } from '../report/index.js';
import type { KnownBaseline } from './baseline.js';
import { CAUSE_SEED } from './look-threads.js';
import type { WindowRows } from './window-rows.js';

/** Pixels of the longer side: as the report shows its larger pictures. */
const PAIR_SIDE = 192;
const ORDER_STREAM = 173;

/** @param causes at least one */
export async function imagePairs(
  { images: { images, targets }, clean }: KnownBaseline,
  causes: readonly CauseSetting[],
  remade: JudgedRows,
  { coordinates, rowNumbers }: Pick<JudgedRows, 'coordinates'> & Pick<WindowRows, 'rowNumbers'>,
  count: number,
): Promise<ImagePair[]> {
  const rows = ofManyClasses(targets, Math.min(count, coordinates.rows));
  const matched = matchedRows(remade.coordinates, rows, coordinates);
  const pairs: ImagePair[] = [];
  for (const [i, row] of rows.entries()) {
    const [image, target] = [await images.at(row), targets[row]!];
    const changed = applyCauses(image, causes, CAUSE_SEED, row);
    pairs.push({
      clean: { image: shrunkImage(image, PAIR_SIDE), target, predicted: clean.predicted[row]! },
      remade: { image: shrunkImage(changed, PAIR_SIDE), target, predicted: remade.predicted[row]! },
      windowRow: rowNumbers[matched[i]!]!,
    });
  }
  return pairs;
}

/** Rows drawn at random, of as many different classes as there are. */
function ofManyClasses(targets: readonly string[], count: number): number[] {
  const times = new Map<string, number>();
  const drawn = Array.from(Random.stream(0, ORDER_STREAM).sample(targets.length, targets.length), (row) => {
    const before = times.get(targets[row]!) ?? 0;
    times.set(targets[row]!, before + 1);
    return { row, before };
  });
  drawn.sort((a, b) => a.before - b.before);
  return drawn.slice(0, count).map(({ row }) => row);
}
