/** What the decode pool and its threads send each other. */
import type { ErrorExitCode } from '../../../../errors/index.js';
import { DataError } from '../../../data-error.js';
import type { DecodedImage, DecodeOptions } from '../decode-options.js';

/** What a thread is started with. */
export interface DecodeSetting {
  options: DecodeOptions;
}

export interface DecodeRequest {
  bytes: Uint8Array;
  where: string;
}

export type DecodeReply =
  | { type: 'decoded'; image: DecodedImage }
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
