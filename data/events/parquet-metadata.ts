/** The JSON text under `image_drift` in a parquet file's key-value metadata: what the columns themselves cannot say. */

import { z } from 'zod';
import { DataError } from '../data-error.js';
import type { EventTableSchema } from '../event.js';
import { IMAGE_SOURCE } from '../images/sources/image-source.js';
import type { FileMetaData } from '../parquet/hyparquet.js';
import { MAX_COLUMNS, MAX_DIMENSIONS } from './event-columns.js';

export const METADATA_KEY = 'image_drift';
const VERSION = 1;

const METADATA = z.object({
  version: z.literal(VERSION),
  weights_sha256: z.string().nullable(),
  tap: z.string().nullable(),
  classes: z.array(z.string()).max(MAX_COLUMNS),
  dimensions: z.number().int().min(1).max(MAX_DIMENSIONS),
  /** A hint: absent in older files, and nothing to refuse a table for where a newer version says more. */
  images: IMAGE_SOURCE.nullable().catch(null),
});

export type EventMetadata = z.infer<typeof METADATA>;

export function metadataJson(schema: EventTableSchema): string {
  const metadata: EventMetadata = {
    version: VERSION,
    weights_sha256: schema.weightsSha256,
    tap: schema.tap,
    classes: [...schema.classes],
    dimensions: schema.dimensions,
    images: schema.images,
  };
  return JSON.stringify(metadata);
}

/** Null for a file from elsewhere. @throws DataError `EVENTS_METADATA` when it is there but not as written here */
export function readMetadata(path: string, parquet: FileMetaData): EventMetadata | null {
  const text = parquet.key_value_metadata?.find(({ key }) => key === METADATA_KEY)?.value;
  if (text === undefined) return null;
  try {
    return METADATA.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : 'no JSON';
    throw new DataError(
      'EVENTS_METADATA',
      `${path}: its metadata "${METADATA_KEY}" is not as image-drift ${VERSION} writes it: ${why}`,
      {
        cause: error,
      },
    );
  }
}
