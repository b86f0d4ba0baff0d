/** What the image pool and its threads send each other. */
import type { ErrorExitCode } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import type { ImageFile, ReadyImage, ReadySettings } from './ready-image.js';

/** What a thread is started with. */
export interface PoolSetting {
  settings: ReadySettings;
}

export interface PoolOrder {
  file: ImageFile;
  /** Where the pixels may be written, if they fit. */
  spare: ArrayBuffer | undefined;
}

/** Null: no more orders come. */
export type PoolMessage = PoolOrder | null;

export type PoolReply =
  | { type: 'ready'; image: ReadyImage }
  | { type: 'refused'; error: SentError }
  | { type: 'failed'; stack: string };

/** A coded error. Threads cannot send each other objects of a class. */
interface SentError {
  code: string;
  message: string;
  hint: string | null;
}

export function sendError({ code, message, hint }: SentError & { exitCode: ErrorExitCode }): SentError {
  return { code, message, hint };
}

export function receiveError({ code, message, hint }: SentError): DataError {
  return new DataError(code, message, { hint: hint ?? undefined });
}
