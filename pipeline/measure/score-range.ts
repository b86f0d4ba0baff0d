/** Scores that are no probabilities: confidence, entropy and estimated accuracy mean nothing for them. */
import type { EventBatch, EventTableSchema } from '../../data/index.js';
import { DriftError } from '../../drift/index.js';

/** Float16 and rounded text may lie this far outside of 0 and 1. */
const TOLERANCE = 1e-3;

/**
 * Scores need not add up to 1: those of independent labels do not. Values that are not finite are counted elsewhere.
 *
 * @param firstRow number of the batch's first row in its file
 * @throws DriftError `SCORES_OUT_OF_RANGE`
 */
export function checkScoreRange(
  path: string,
  { scores }: EventBatch,
  { classes }: EventTableSchema,
  firstRow: number,
): void {
  if (scores === null) return;
  const at = scores.findIndex((score) => Number.isFinite(score) && (score < -TOLERANCE || score > 1 + TOLERANCE));
  if (at < 0) return;
  const [row, column] = [firstRow + Math.floor(at / classes.length), classes[at % classes.length]];
  throw new DriftError(
    'SCORES_OUT_OF_RANGE',
    `${path} row ${row.toLocaleString('en')}: the score of ${column} is ${Number(scores[at]?.toPrecision(6))}; probabilities lie from 0 to 1`,
    { hint: 'Are these logits? Give their softmax, or leave out --scores to compare the embeddings alone.' },
  );
}
