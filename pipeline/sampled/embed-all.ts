/** Embeddings and scores of images that are kept in memory. */
import type { PixelBatch } from '../../data/index.js';
import type { Matrix } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';

export interface EmbeddedAll {
  embeddings: Matrix;
  scores: Matrix;
}

/**
 * @param embedder of one tap, with classes
 * @param rows of all batches together
 * @param onProgress called with how many more are done, and how many in all
 */
export async function embedAll(
  embedder: Embedder,
  batches: Iterable<PixelBatch> | AsyncIterable<PixelBatch>,
  rows: number,
  onProgress: (rows: number, done: number) => void,
): Promise<EmbeddedAll> {
  const classes = embedder.config.classes.length;
  const scores = new Float32Array(rows * classes);
  let embeddings = new Float32Array(0);
  let columns = 0;
  let done = 0;
  for await (const output of embedder.run(batches)) {
    const [tap] = output.taps.values();
    if (tap === undefined || output.scores === null) throw new TypeError('a tap and the softmax are needed');
    columns = tap.data.length / output.rows;
    if (done === 0) embeddings = new Float32Array(rows * columns);
    embeddings.set(tap.data, done * columns);
    scores.set(output.scores, done * classes);
    done += output.rows;
    onProgress(output.rows, done);
  }
  return { embeddings: { rows, columns, data: embeddings }, scores: { rows, columns: classes, data: scores } };
}
