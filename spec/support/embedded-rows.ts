/** What a service says of single images, and what `embedImages` says of the same in one table, in one form. */
import { readFileSync } from 'node:fs';
import { CodedError } from '../../base/index.js';
import type { Embedder } from '../../engine/index.js';
import { embedImages } from '../../pipeline/index.js';
import type { EmbeddedImage } from '../../pipeline/service/index.js';
import { readEvents } from '../data/support/event-tables.js';

const SAID = ['width', 'height', 'format', 'bytes', 'sha256', 'phash', 'grid'].map((name) => `image_${name}`);

/** NaN is what a table leaves out. */
function known(statistics: Iterable<readonly [string, number]>): Record<string, number | null> {
  return Object.fromEntries(Array.from(statistics, ([name, value]) => [name, Number.isNaN(value) ? null : value]));
}

function rowOf({ embedding, scores, statistics, look, width, height, file }: EmbeddedImage) {
  return {
    embedding: [...embedding],
    scores: [...scores!],
    statistics: known(Object.entries(statistics)),
    said: [width, height, file?.format, file?.bytes, file?.sha256, look?.phash, look?.grid],
  };
}

/** The row of an image, or the code of its refusal. */
export async function answerOf(image: Promise<EmbeddedImage>): Promise<unknown> {
  try {
    return rowOf(await image);
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

/** The same by name, of a folder of images. @param out the table that is made */
export async function batchedAnswers(network: Embedder, images: string, out: string): Promise<Map<string, unknown>> {
  const { rejected } = await embedImages(network, images, out, { maxRejected: '100%' });
  const { events, schema } = await readEvents(out);
  const answers = new Map<string, unknown>();
  const partOf = (values: Float32Array, columns: number, row: number) => [
    ...values.subarray(row * columns, (row + 1) * columns),
  ];
  for (const [row, name] of (events.carried!.get('image_path') as string[]).entries()) {
    answers.set(name, {
      embedding: partOf(events.embeddings, schema.dimensions, row),
      scores: partOf(events.scores!, schema.classes.length, row),
      statistics: known([...events.statistics].map(([name, values]) => [name, values[row]!] as const)),
      said: SAID.map((column) => events.carried!.get(column)![row]),
    });
  }
  const refused = rejected === 0 ? [] : readFileSync(`${out}.rejected.jsonl`, 'utf8').trimEnd().split('\n');
  for (const line of refused) {
    const { key, code } = JSON.parse(line) as { key: string; code: string };
    answers.set(key, code);
  }
  return answers;
}
