/**
 * Statistics of images relative to each other, so that each tells of one thing alone.
 *
 * Light moves nearly all plain statistics: at a third of the light contrast and noise fall to a third too and sharpness
 * to a ninth, though nothing is blurred. Divided by what they scale with, they stay; so a lamp that fails shows as
 * `brightness` alone and a lens out of focus as `relative_sharpness` alone. For images of luma Y, factor f, Y → f·Y:
 *
 * | name | formula | stays under |
 * |---|---|---|
 * | relative_contrast | contrast / brightness: the coefficient of variation of Y | more or less light |
 * | relative_sharpness | sharpness / contrast²: variance of the Laplacian per variance of Y | light, contrast |
 * | relative_noise | noise / contrast | light, contrast |
 * | relative_saturation | saturation · brightness / contrast: about the spread of the channels per spread of Y | light, contrast |
 * | red_share, green_share, blue_share | channel / (red + green + blue) | light |
 */
import type { DriftBatch } from '../rows/batch.js';

type Statistics = NonNullable<DriftBatch['statistics']>;
type Column = ArrayLike<number>;

/** Name → the plain statistics that it needs, and its value from theirs. */
const RELATIVE: readonly [name: string, from: readonly string[], formula: (...values: number[]) => number][] = [
  ['relative_contrast', ['contrast', 'brightness'], (contrast, brightness) => contrast! / brightness!],
  ['relative_sharpness', ['sharpness', 'contrast'], (sharpness, contrast) => sharpness! / contrast! ** 2],
  ['relative_noise', ['noise', 'contrast'], (noise, contrast) => noise! / contrast!],
  [
    'relative_saturation',
    ['saturation', 'brightness', 'contrast'],
    (saturation, brightness, contrast) => (saturation! * brightness!) / contrast!,
  ],
  ['red_share', ['red', 'green', 'blue'], (red, green, blue) => red! / (red! + green! + blue!)],
  ['green_share', ['green', 'red', 'blue'], (green, red, blue) => green! / (red! + green! + blue!)],
  ['blue_share', ['blue', 'red', 'green'], (blue, red, green) => blue! / (red! + green! + blue!)],
];

/**
 * The given statistics, and those relative ones that can be made of them. NaN where one has no value: of an image of one
 * colour (its contrast is 0), or a black one.
 */
export function withRelativeStatistics(statistics: Statistics): Record<string, Column> {
  const all: Record<string, Column> = { ...statistics };
  for (const [name, from, formula] of RELATIVE) {
    const columns = from.map((plain) => statistics[plain]);
    if (name in statistics || columns.some((column) => column === undefined)) continue;
    const [first] = columns as [Column];
    all[name] = Float64Array.from({ length: first.length }, (_, row) => {
      const value = formula(...columns.map((column) => column![row]!));
      return Number.isFinite(value) ? value : Number.NaN;
    });
  }
  return all;
}
