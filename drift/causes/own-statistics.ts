/** What is told of a name that the clues give, and no rule: its own statistic, which has to have moved, in its direction. */
import { aspectFindings } from './aspects.js';
import { type Cause, causeOf, fine } from './cause.js';
import type { Change, Changes } from './column-changes.js';
import { type Grids, partsP } from './place-causes.js';
import { LINES, MARKS } from './structure-causes.js';

type Direction = -1 | 0 | 1;

/** Statistics that have plainer words than their names. */
const WORDS: Readonly<Record<string, string>> = {
  relative_sharpness: 'sharpness at equal contrast',
  impulses: 'broken pixels',
  levels: 'levels in use',
  flat: 'neighbours that are equal',
  blockiness: 'steps between blocks of 8 pixels over those inside',
  row_stripes: 'how rows differ from their neighbours',
  column_stripes: 'how columns differ from their neighbours',
  border: 'share of the image in bars of one colour',
  red_share: 'share of red',
  green_share: 'share of green',
  blue_share: 'share of blue',
};

const OWN: Readonly<Record<string, readonly [statistic: string, direction: Direction]>> = {
  blurred: ['relative_sharpness', -1],
  sharper: ['relative_sharpness', 1],
  noisier: ['noise', 1],
  'less noise': ['noise', -1],
  'impulse noise': ['impulses', 1],
  darker: ['brightness', -1],
  brighter: ['brightness', 1],
  'brightness varies more': ['brightness', 0],
  'less contrast': ['contrast', -1],
  'more contrast': ['contrast', 1],
  'less saturated': ['saturation', -1],
  'more saturated': ['saturation', 1],
  redder: ['red_share', 1],
  greener: ['green_share', 1],
  bluer: ['blue_share', 1],
  'less red': ['red_share', -1],
  'less green': ['green_share', -1],
  'less blue': ['blue_share', -1],
  'fewer grey levels': ['levels', -1],
  'coarse pixels': ['flat', 1],
  'blocks of compression': ['blockiness', 1],
  'stripes along rows': ['row_stripes', 1],
  'stripes along columns': ['column_stripes', 1],
  borders: ['border', 1],
  inverted: ['brightness', 0],
  'colours turned': ['hue_axis_x', 0],
};
/** Names of a place, which is in the brightness of the parts of the images. */
const PLACES: ReadonlySet<string> = new Set([
  'something stands still',
  'darker at the edges',
  'upside down',
  'mirrored',
  'turned by a quarter',
]);

/** The cause of such a name; null if its own statistic did not move, at level `alpha`. */
export function ownCause(kind: string, changes: Changes, grids: Grids, alpha: number): Cause | null {
  const cause = PLACES.has(kind) ? placeOf(kind, changes, grids) : columnOf(kind, changes);
  return cause === null || cause.p > alpha ? null : cause;
}

function placeOf(kind: string, changes: Changes, grids: Grids): Cause | null {
  const brightness = changes.get('brightness');
  if (brightness === undefined) return null;
  const words = 'by the mean brightness of the parts of the images';
  return { ...causeOf(kind, words, brightness), statistic: 'image_grid', effect: 1, p: partsP(grids) };
}

function columnOf(kind: string, changes: Changes): Cause | null {
  const own = OWN[kind];
  const change = own && changes.get(own[0]);
  if (own === undefined || change === undefined || (own[1] !== 0 && Math.sign(change.effect) !== own[1])) return null;
  // What rounds to what it was, did not move visibly.
  if (fine(change.baseline) === fine(change.window)) return null;
  const p = Math.min(1, change.p * changes.size);
  const known = [...[...LINES, ...MARKS].map((find) => find(changes)), ...aspectFindings(changes)].find(
    (cause) => cause?.kind === kind,
  );
  const words = known?.words.slice(kind.length + 2) ?? meansOf(change);
  return { ...causeOf(kind, words, change), p };
}

function meansOf({ name, baseline, window }: Change): string {
  return `mean ${WORDS[name] ?? name} ${fine(baseline)} → ${fine(window)}`;
}
