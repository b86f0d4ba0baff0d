/**
 * Statistics of images relative to each other, so that each describes one thing alone.
 *
 * Light changes nearly all plain statistics: at a third of the light, contrast and noise also fall to a third, and
 * sharpness to a ninth, though nothing is blurred. Divided by what they scale with, they stay the same. A failing lamp
 * then changes `brightness` alone, and a lens out of focus `relative_sharpness` alone. For images of luma Y and a
 * factor f, Y → f·Y:
 *
 * | name | formula | does not change with |
 * |---|---|---|
 * | relative_contrast | contrast / brightness: the coefficient of variation of Y | light |
 * | relative_sharpness | sharpness / contrast²: variance of the Laplacian per variance of Y | light, contrast |
 * | relative_noise | noise / contrast | light, contrast |
 * | relative_saturation | saturation · brightness / contrast: about channels' spread per spread of Y | light, contrast |
 * | red_share, green_share, blue_share | channel / (red + green + blue) | light |
 */
import type { DriftBatch } from '../rows/batch.js';

type Statistics = NonNullable<DriftBatch['statistics']>;
type Column = ArrayLike<number>;

/** Each relative statistic: its name, the plain statistics it needs, and its formula. */
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
 * Adds the relative statistics that can be computed from the given ones. A value is NaN where it is undefined: for an
 * image of one colour, whose contrast is 0, or a black one.
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
