/** The colours of points: by set, cluster, predicted class, confidence, group, or whether the prediction was right. */
import { clusterTitle } from '../../causes.js';
import { shorten } from '../../format.js';
import type { ProjectedPoint, ReportProjection } from '../../report-data.js';
import { themeColours } from '../dom.js';
import { isCorrect } from '../thumbnails.js';

export type ColourBy = 'set' | 'cluster' | 'class' | 'confidence' | 'group' | 'correctness';

export interface ColourKey {
  /** Custom property of the style sheet, without its dashes. */
  colour: string;
  name: string;
}

export interface Palette {
  colour(point: ProjectedPoint): string;
  /** What the colours mean; none for sets, whose key is the list of sets. */
  keys: ColourKey[];
}

/** After Okabe and Ito, "Color universal design" (2008): told apart with every common colour blindness. */
const CATEGORIES = ['cat-1', 'cat-2', 'cat-3', 'cat-4', 'cat-5', 'cat-6', 'cat-7'] as const;
const UNKNOWN = 'cat-base';
/** Confidence from low to high; a value belongs to the last step that it reaches. */
const STEPS = [
  { from: 0, colour: 'seq-1', name: 'below 50 %' },
  { from: 0.5, colour: 'seq-2', name: '50 to 70 %' },
  { from: 0.7, colour: 'seq-3', name: '70 to 90 %' },
  { from: 0.9, colour: 'seq-4', name: '90 to 99 %' },
  { from: 0.99, colour: 'seq-5', name: '99 % and more' },
] as const;
/** Clusters named for one colour. */
const MAX_NAMED = 6;
const NAME_LENGTH = 28;

export function setColour(set: number): string {
  return set === 0 ? UNKNOWN : CATEGORIES[(set - 1) % CATEGORIES.length]!;
}

export function paletteOf(
  { points }: ReportProjection,
  by: ColourBy,
  clusterNames: readonly (string | null)[],
): Palette {
  switch (by) {
    case 'set':
      return { colour: ({ set }) => setColour(set), keys: [] };
    case 'cluster':
      return { colour: ({ cluster }) => clusterColour(cluster), keys: clusterKeys(points, clusterNames) };
    case 'class':
      return byName(points, ({ predicted }) => predicted, 'other classes');
    case 'group':
      return byName(points, ({ group }) => group, 'other groups');
    case 'confidence':
      return byConfidence(points);
    case 'correctness':
      return byCorrectness(points);
  }
}

/** The most frequent names have a colour each; the others share one. */
function byName(
  points: readonly ProjectedPoint[],
  nameOf: (point: ProjectedPoint) => string | null,
  others: string,
): Palette {
  const counts = new Map<string, number>();
  for (const point of points) {
    const name = nameOf(point);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const named = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, CATEGORIES.length)
    .map(([name]) => name);
  const colours = new Map(named.map((name, i) => [name, CATEGORIES[i]!]));
  const isLeft = counts.size > named.length || points.some((point) => nameOf(point) === null);
  return {
    colour: (point) => colours.get(nameOf(point) ?? '') ?? UNKNOWN,
    keys: [
      ...named.map((name) => ({ colour: colours.get(name)!, name: shorten(name, NAME_LENGTH) })),
      ...notKnown(isLeft, counts.size > named.length ? `${others}, not known` : 'not known'),
    ],
  };
}

function notKnown(isLeft: boolean, name = 'not known'): ColourKey[] {
  return isLeft ? [{ colour: UNKNOWN, name }] : [];
}

function byConfidence(points: readonly ProjectedPoint[]): Palette {
  return {
    colour: ({ confidence }) =>
      STEPS.findLast(({ from }) => confidence !== null && confidence >= from)?.colour ?? UNKNOWN,
    keys: [
      ...STEPS.map(({ colour, name }) => ({ colour, name })),
      ...notKnown(points.some(({ confidence }) => confidence === null)),
    ],
  };
}

function byCorrectness(points: readonly ProjectedPoint[]): Palette {
  return {
    colour: (point) => {
      const correct = isCorrect(point);
      return correct === null ? UNKNOWN : correct ? 'cat-1' : 'cat-2';
    },
    keys: [
      { colour: 'cat-1', name: 'predicted right' },
      { colour: 'cat-2', name: 'predicted wrong' },
      ...notKnown(points.some((point) => isCorrect(point) === null)),
    ],
  };
}

/** There are fewer colours that everyone can tell apart than clusters: some share one, and the key says which. */
function clusterKeys(points: readonly ProjectedPoint[], names: readonly (string | null)[]): ColourKey[] {
  const clusters = [...new Set(points.map(({ cluster }) => cluster))].sort((a, b) => a - b);
  return CATEGORIES.flatMap((colour) => {
    const own = clusters.filter((cluster) => clusterColour(cluster) === colour);
    if (own.length === 0) return [];
    if (own.length === 1) return [{ colour, name: clusterTitle(own[0]!, names) }];
    const numbers = own.slice(0, MAX_NAMED).map((cluster) => cluster + 1);
    return [{ colour, name: `clusters ${numbers.join(', ')}${own.length > MAX_NAMED ? ', …' : ''}` }];
  });
}

function clusterColour(cluster: number): string {
  return CATEGORIES[cluster % CATEGORIES.length]!;
}

export function resolveColours(names: readonly string[]): Map<string, number[]> {
  const different = [...new Set(names)];
  const texts = themeColours(different);
  return new Map(different.map((name, i) => [name, parts(texts[i]!)]));
}

/** `rgb(20, 22, 25)`; what is not of this form is grey. */
function parts(text: string): number[] {
  const numbers = Array.from(text.matchAll(/[\d.]+/g), ([digits]) => Number(digits)).slice(0, 3);
  return numbers.length === 3 ? numbers.map((number) => number / 255) : [0.5, 0.5, 0.5];
}
