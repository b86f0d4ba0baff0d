/** What people read about a conversion that was compared with the program that it comes from. */
import { type Checked, checkedWords } from '../weights/index.js';

export function checkedText(checked: Checked): string {
  const { images, embedding_error: embedding, scores_error: scores, preprocessing } = checked;
  const parts = [
    `${images} images`,
    `embeddings ${errorText(embedding)}`,
    scores === null ? 'scores not compared' : `scores ${errorText(scores)}`,
    `preprocessing ${preprocessing}`,
  ];
  return `${checkedWords(checked)} (${parts.join(', ')})`;
}

function errorText(error: number): string {
  return error === 0 ? '0' : error.toExponential(1);
}
