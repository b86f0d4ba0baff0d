/**
 * How likely each name is right, by all clues together: a logistic regression for each name (its bias, plus each clue times
 * its weight), and one for whether the names that the rules give are right. Below `LEAST` no name is given.
 *
 * Rules look at one mark each, and cannot know how much the others say; weights can, and know how sure they are. They were
 * fitted to some 2,900 windows of ten sets of images that were changed in 240 ways, and chosen, as `LEAST` was, by how they do
 * on ways that they were not fitted to.
 */
import type { Cause } from './cause.js';
import type { Clues } from './clues.js';
import { NAME_WEIGHTS, type NameWeights } from './name-weights.js';

/** Least chance of being right at which a name is given. */
const LEAST = 0.7;
/** Whether what the rules name is right. */
const RULES = 'rules';

interface Weighed {
  bias: number;
  weights: readonly (readonly [clue: string, weight: number])[];
}

const WEIGHED: ReadonlyMap<string, Weighed> = new Map(
  Object.entries(NAME_WEIGHTS).map(([name, weights]) => [name, weighed(weights)]),
);

function weighed({ bias, clues }: NameWeights): Weighed {
  const terms = clues.split(',').map((term) => term.trim());
  return {
    bias,
    weights: terms.map((term) => {
      const at = term.lastIndexOf(' ');
      return [term.slice(0, at), Number(term.slice(at + 1))] as const;
    }),
  };
}

/** Whether all that is told can be weighed: columns of unknown meaning are told by their own names. */
export function canBeWeighed(told: readonly Cause[]): boolean {
  return told.every(({ kind }) => WEIGHED.has(kind));
}

/** Turned images and negatives have a test that nothing else passes: no image of the lists was called so wrongly. */
const SURE: ReadonlySet<string> = new Set(['upside down', 'mirrored', 'turned by a quarter', 'inverted']);

/** Whether what the rules told stands. */
export function stands(told: readonly Cause[], clues: Clues): boolean {
  return told.length > 0 && (SURE.has(told[0]!.kind) || chanceOf(RULES, clues) >= LEAST);
}

/** The name that is likeliest; null where none is likely enough. */
export function likelyName(clues: Clues): string | null {
  let [likely, most]: [string | null, number] = [null, LEAST];
  for (const name of WEIGHED.keys()) {
    const chance = name === RULES ? 0 : chanceOf(name, clues);
    if (chance >= most) [likely, most] = [name, chance];
  }
  return likely;
}

function chanceOf(name: string, clues: Clues): number {
  const { bias, weights } = WEIGHED.get(name)!;
  const sum = weights.reduce((total, [clue, weight]) => total + weight * (clues.get(clue) ?? 0), bias);
  return 1 / (1 + Math.exp(-sum));
}
