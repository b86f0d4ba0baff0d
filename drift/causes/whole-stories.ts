/**
 * Whether causes tell all that changed. Blocks of compression do not darken: where the light changed, too, they are half of
 * the truth, and half of the truth is not told.
 */
import { type Aspect, isFading } from './aspects.js';
import type { Cause } from './cause.js';
import { type Changes, effectOf, isClear } from './column-changes.js';

/** What a cause leaves as it was: signed effects on these columns lie between these. Not if a cause of one of those aspects is told, too. */
type Kept = readonly [columns: readonly string[], least: number, most: number, ...unless: Aspect[]];

const SHARES = ['red_share', 'green_share', 'blue_share'];

/** Light and colours leave the directions of edges; other objects have others. */
const EDGES: readonly Kept[] = [
  [['upright'], -0.25, 0.25, 'texture'],
  [['row_stripes', 'column_stripes'], -0.35, 0.35, 'texture'],
];
const CASTS = ['redder', 'greener', 'bluer', 'less red', 'less green', 'less blue'];
/** Nor do casts change what is fine. */
const CAST: readonly Kept[] = [
  [['upright', 'row_stripes', 'column_stripes'], -0.2, 0.2, 'texture'],
  [['smooth'], -0.2, 0.2, 'texture', 'light', 'contrast'],
];

const KEEPS: Readonly<Record<string, readonly Kept[]>> = {
  'blocks of compression': [
    [['brightness'], -0.25, 0.25],
    [SHARES, -0.4, 0.4],
    [['border'], -1, 0.3],
  ],
  'fewer grey levels': [
    [['brightness'], -0.38, 0.38],
    [SHARES, -0.4, 0.4],
  ],
  'coarse pixels': [[SHARES, -0.4, 0.4]],
  'impulse noise': [[['brightness'], -0.35, 0.35]],
  'stripes along rows': [
    [['brightness'], -0.65, 0.65],
    [['border'], -1, 0.3],
  ],
  'stripes along columns': [
    [['brightness'], -0.65, 0.65],
    [['border'], -1, 0.3],
  ],
  'something stands still': [
    [['brightness'], -0.5, 0.5],
    [['relative_noise'], -0.5, 1],
  ],
  noisier: [
    [['contrast'], -0.18, 1, 'contrast', 'light'],
    [['saturation'], -0.18, 1, 'saturation'],
    [SHARES, -0.3, 0.3, 'colour'],
  ],
  blurred: [
    [['brightness'], -0.3, 0.3, 'light'],
    [['contrast'], -1, 0.2, 'contrast'],
    [['saturation'], -1, 0.25, 'colour'],
    [SHARES, -0.3, 0.3, 'colour'],
  ],
  darker: [[SHARES, -0.5, 0.5, 'colour'], [['blockiness'], -1, 0.2], ...EDGES],
  brighter: [[SHARES, -0.5, 0.5, 'colour'], [['blockiness'], -1, 0.2], ...EDGES],
  'less contrast': [[SHARES, -0.5, 0.5, 'colour'], [['blockiness'], -1, 0.2], ...EDGES],
  'more contrast': EDGES,
  'less saturated': EDGES,
  'more saturated': EDGES,
  ...Object.fromEntries(CASTS.map((kind) => [kind, CAST])),
};

/** @param told aspects of all causes that are told */
export function isWhole({ kind }: Pick<Cause, 'kind'>, changes: Changes, told: readonly Aspect[] = []): boolean {
  return (KEEPS[kind] ?? []).every(([columns, least, most, ...unless]) => {
    if (unless.some((aspect) => told.includes(aspect))) return true;
    if (columns.includes('contrast') && least > -1 && isBlackLightened(changes)) return true;
    return columns.every((name) => {
      const change = changes.get(name);
      const isSmall = change === undefined || (change.effect >= least && change.effect <= most);
      return isSmall || (columns === SHARES && (!isClear(change) || isFading(change)));
    });
  });
}

/** Noise that is cut off at black lightens it, which lowers the contrast of images that are mostly black. */
export function isBlackLightened(changes: Changes): boolean {
  const isNoiseAlone = effectOf(changes, 'contrast') > -0.45;
  return isNoiseAlone && effectOf(changes, 'clipped_dark') < -0.5 && (changes.get('brightness')?.baseline ?? 1) < 0.4;
}

/** Bars that are there, but in images of which the rest changed as well. */
export function isHidden(changes: Changes): boolean {
  const border = changes.get('border');
  if (border === undefined || border.effect < 0.3 || border.window - border.baseline < 0.04) return false;
  return (
    border.deviations[1] < border.window && effectOf(changes, 'flat') > -0.6 && effectOf(changes, 'contrast') > -0.5
  );
}
