/** The colours of points: by set, by cluster, or by whether the prediction was right. */
import type { ProjectedPoint, ReportProjection } from '../../report-data.js';
import { themeColours } from '../theme.js';
import { isCorrect } from '../thumbnails.js';

export type ColourBy = 'set' | 'cluster' | 'correctness';

export interface ColourKey {
  /** Custom property of the style sheet, without its dashes. */
  colour: string;
  name: string;
}

/** After Okabe and Ito, "Color universal design" (2008): told apart with every common colour blindness. */
const CATEGORIES = ['cat-1', 'cat-2', 'cat-3', 'cat-4', 'cat-5', 'cat-6', 'cat-7'] as const;
/** Clusters named for one colour. */
const MAX_NAMED = 6;

export function setColour(set: number): string {
  return set === 0 ? 'cat-base' : CATEGORIES[(set - 1) % CATEGORIES.length]!;
}

export function pointColour(point: ProjectedPoint, by: ColourBy): string {
  if (by === 'set') return setColour(point.set);
  if (by === 'cluster') return clusterColour(point.cluster);
  const correct = isCorrect(point);
  return correct === null ? 'cat-base' : correct ? 'cat-1' : 'cat-2';
}

/** What the colours mean where it is not the sets, whose key is the list of sets. */
export function colourKeys({ points }: ReportProjection, by: ColourBy): ColourKey[] {
  if (by === 'set') return [];
  if (by === 'correctness') {
    return [
      { colour: 'cat-1', name: 'predicted right' },
      { colour: 'cat-2', name: 'predicted wrong' },
      ...(points.some((point) => isCorrect(point) === null) ? [{ colour: 'cat-base', name: 'not known' }] : []),
    ];
  }
  return clusterKeys([...new Set(points.map(({ cluster }) => cluster))].sort((a, b) => a - b));
}

/** There are fewer colours that everyone can tell apart than clusters: some share one, and the key says which. */
function clusterKeys(clusters: readonly number[]): ColourKey[] {
  return CATEGORIES.flatMap((colour) => {
    const numbers = clusters.filter((cluster) => clusterColour(cluster) === colour).map((cluster) => cluster + 1);
    if (numbers.length === 0) return [];
    const named = numbers.slice(0, MAX_NAMED).join(', ') + (numbers.length > MAX_NAMED ? ', …' : '');
    return [{ colour, name: `${numbers.length === 1 ? 'cluster' : 'clusters'} ${named}` }];
  });
}

/** The named colours as red, green, blue from 0 to 1. */
export function resolveColours(names: readonly string[]): Map<string, number[]> {
  const different = [...new Set(names)];
  const texts = themeColours(different);
  return new Map(different.map((name, i) => [name, parts(texts[i]!)]));
}

function clusterColour(cluster: number): string {
  return CATEGORIES[cluster % CATEGORIES.length]!;
}

/** `rgb(20, 22, 25)`; what is not of this form is grey. */
function parts(text: string): number[] {
  const numbers =
    text
      .match(/[\d.]+/g)
      ?.slice(0, 3)
      .map(Number) ?? [];
  return numbers.length === 3 ? numbers.map((number) => number / 255) : [0.5, 0.5, 0.5];
}
