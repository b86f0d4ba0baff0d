/** Where one image lies, and what it was when it was listed: plain data, by which another process finds the same image. */
import type { CodedError } from '../../../base/index.js';

export interface ImagePin {
  /** Full path or URL of the image file, or of the archive that it is in. */
  file: string;
  /** Name of the member of an archive; null where the file is the image. */
  member: string | null;
  /** Bytes of the image; null where the source does not say. */
  bytes: number | null;
  /** As `ImageEntry.stamp`. */
  stamp: string | null;
  /** As `ImageEntry.modified`. */
  modified: number | null;
}

/** Why an image that is listed can never be read; null where it cannot be found again. */
export type Unpinned = CodedError | null;
