/** Scores that are no probabilities: confidence, entropy and estimated accuracy mean nothing for them. */
import { type EventBatch, type EventTableSchema, isProbability } from '../../data/index.js';
import { DriftError } from '../../drift/index.js';

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
  const at = scores.findIndex((score) => Number.isFinite(score) && !isProbability(score));
  if (at < 0) return;
  const [row, column] = [firstRow + Math.floor(at / classes.length), classes[at % classes.length]];
  throw new DriftError(
    'SCORES_OUT_OF_RANGE',
    `${path} row ${row.toLocaleString('en')}: the score of ${column} is ${Number(scores[at]?.toPrecision(6))}; probabilities lie from 0 to 1`,
    {
      hint: 'Are these logits, or percent? Give probabilities, or leave out --scores to compare the embeddings alone.',
    },
  );
}
