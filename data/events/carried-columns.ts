/** Which columns of a table are carried along. */
import { EMBEDDINGS, EVENT_ID, IMAGE_URL, METADATA_COLUMN, TARGET, TIMESTAMP } from './event-columns.js';

const READ_AS_SOMETHING: readonly string[] = [EMBEDDINGS, TARGET, IMAGE_URL, TIMESTAMP, EVENT_ID, METADATA_COLUMN];

/**
 * The columns that are read as nothing else.
 *
 * @param read names of the columns of embeddings, scores and statistics
 */
export function carriedAmong(columns: readonly string[], ...read: readonly (readonly string[])[]): string[] {
  const known = new Set([...READ_AS_SOMETHING, ...read.flat()]);
  return columns.filter((name) => !known.has(name));
}
