/** The cross-fitted counts of a profile as JSON. Centroids are float32, as base64 of their little-endian bytes. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { isUsable } from '../linear/matrix.js';
import { totalOf } from '../statistics/counts.js';
import { base64, fromBase64 } from './base64-numbers.js';
import { type CrossFit, FOLDS } from './cross-fit.js';
import type { Profile } from './profile.js';

const wholeNumber = z.number().int().nonnegative();

export const crossFitSchema = z.object({
  seed: wholeNumber,
  counts: z.array(wholeNumber),
  /** Absent where it is 1. */
  choice_effect: z.number().min(1).refine(isUsable, 'a finite number is needed').optional(),
  centroids: z.string(),
});

export function crossFitToJson({ seed, counts, choiceEffect, centroids }: CrossFit): string {
  return JSON.stringify({
    seed,
    counts,
    ...(choiceEffect > 1 && { choice_effect: choiceEffect }),
    centroids: base64(Float32Array.from(centroids.data)),
  });
}

/**
 * @param profile the rest of the file, which the counts must fit
 * @param where names the file in messages
 * @throws DriftError `PROFILE_CROSS_FIT_INVALID`
 */
export function readCrossFit(
  { seed, counts, choice_effect: choiceEffect = 1, centroids: text }: z.infer<typeof crossFitSchema>,
  { rows, counts: known, dimensions }: Pick<Profile, 'rows' | 'counts' | 'dimensions'>,
  where: string,
): CrossFit {
  const agree = (what: string, found: number, needed: number) => {
    if (found === needed) return;
    throw invalid(where, `${what}: ${grouped(found)}, ${grouped(needed)} would fit`);
  };
  agree('counts, its clusters', counts.length, known.length);
  agree('counts, their sum', totalOf(counts), rows);
  const data = fromBase64(text, 4);
  agree('centroids, their numbers', data.length, FOLDS * known.length * dimensions);
  const broken = data.findIndex((value) => !isUsable(value));
  if (broken >= 0) throw invalid(where, `centroids: number ${broken} is ${data[broken]}, a finite number is needed`);
  return { seed, counts, choiceEffect, centroids: { rows: FOLDS * known.length, columns: dimensions, data } };
}

function invalid(where: string, disagreement: string): DriftError {
  return new DriftError('PROFILE_CROSS_FIT_INVALID', `${where}: cross_fit.${disagreement}`);
}
