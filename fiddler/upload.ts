/** stub */
import type { Sender } from './request.js';
import type { FiddlerFile } from './schemas/file.js';

export type UploadSource = { path: string } | { bytes: Uint8Array };

/** What is needed to go on with an upload in parts; plain JSON, to be written to a journal. */
export interface UploadResume {
  fileId: string;
  /** Of the whole file. */
  bytes: number;
  partBytes: number;
  /** The parts that arrived, in order from 1. */
  parts: { number: number; id: string | number }[];
}

export interface UploadOptions {
  /** The name that Fiddler sees; its ending tells the format. */
  filename: string;
  /** Goes on with an earlier upload of the same file. */
  resume?: UploadResume;
  /** Told after each part of an upload in parts, and awaited; the first time before any part. */
  onPart?: (resume: UploadResume) => void | Promise<void>;
  /** Size of a part, and the size from which on parts are used. Default 100 MiB. */
  partBytes?: number;
}

export function uploadFile(_sender: Sender, _source: UploadSource, _options: UploadOptions): Promise<FiddlerFile> {
  throw new Error('to come');
}
