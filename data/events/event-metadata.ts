/**
 * What the columns of an event table cannot say, as JSON text: which of them are scores, weights and layer. Parquet has
 * it under `image_drift` in the key-value metadata; csv and jsonl, which have no such place, in a column of this name
 * that only the first row fills.
 */

import { z } from 'zod';
import { DataError } from '../data-error.js';
import type { EventTableSchema } from '../event.js';
import { IMAGE_SOURCE } from '../images/sources/image-source.js';
import { MAX_COLUMNS } from '../rows/row-table.js';
import { MAX_DIMENSIONS } from './event-columns.js';

const VERSION = 1;

const METADATA = z.object({
  version: z.literal(VERSION),
  weights_sha256: z.string().nullable(),
  /** Absent where not known. */
  pixels_sha256: z.string().optional(),
  weights_note: z.string().optional(),
  tap: z.string().nullable(),
  classes: z.array(z.string()).max(MAX_COLUMNS),
  dimensions: z.number().int().min(1).max(MAX_DIMENSIONS),
  /** A hint: nothing to refuse a table for, where another version says more. */
  images: IMAGE_SOURCE.nullable().catch(null),
});

export type EventMetadata = z.infer<typeof METADATA>;

export function metadataJson(schema: EventTableSchema): string {
  const metadata: EventMetadata = {
    version: VERSION,
    weights_sha256: schema.weightsSha256,
    ...(schema.pixelsSha256 === undefined ? {} : { pixels_sha256: schema.pixelsSha256 }),
    ...(schema.weightsNote === undefined ? {} : { weights_note: schema.weightsNote }),
    tap: schema.tap,
    classes: [...schema.classes],
    dimensions: schema.dimensions,
    images: schema.images,
  };
  return JSON.stringify(metadata);
}

/**
 * @param text null or undefined for a file from elsewhere
 * @returns null without a text
 * @throws DataError `EVENTS_METADATA` when it is not as written here
 */
export function parseMetadata(path: string, text: unknown): EventMetadata | null {
  if (text === undefined || text === null) return null;
  try {
    return METADATA.parse(JSON.parse(String(text)));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : 'no JSON';
    throw new DataError(
      'EVENTS_METADATA',
      `${path}: its metadata "image_drift" is not as image-drift ${VERSION} writes it: ${why}`,
      { cause: error },
    );
  }
}
