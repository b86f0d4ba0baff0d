/** Errors for the page: with a code, and with the command that can do what a page cannot. */
import { CodedError, sendError } from '../../base/index.js';
import { FileError, fileError, isSystemError } from '../../files/index.js';
import { byLabels } from './fields.js';
import { byGivenNames } from './given.js';
import type { Failure } from './messages.js';
import { ImagesRejected } from './sets.js';

const OUT_OF_MEMORY =
  /out of memory|could not allocate|allocation failed|cannot allocate|could not be read|Array buffer/i;

const ONNX_AS_IT_IS =
  'npm install onnxruntime-node && npx image-drift embed FOLDER --weights model.onnx --out events.parquet';

/** What the command line can do, by code. */
const COMMANDS: Readonly<Record<string, string>> = {
  IMAGE_NEEDS_SHARP: 'npm install sharp && npx image-drift embed FOLDER --weights weights --out events.parquet',
  IMAGE_URL: 'npx image-drift embed TABLE --weights weights --out events.parquet',
  ONNX_NOT_SUPPORTED: ONNX_AS_IT_IS,
  ONNX_VERSION: ONNX_AS_IT_IS,
  OUT_OF_MEMORY: 'npx image-drift embed FOLDER --weights weights --out events.parquet',
};

export function failureOf(error: unknown): Failure {
  const coded = codedError(error);
  const sent = sendError(coded);
  const reason = coded.cause instanceof CodedError ? coded.cause.code : '';
  const command = COMMANDS[reason] ?? COMMANDS[coded.code] ?? null;
  const hint = command !== null || coded.hint === null ? null : inPage(coded.hint);
  const { lines, othersLeft } = coded instanceof ImagesRejected ? coded : { lines: null, othersLeft: false };
  const unusable = lines && { lines: lines.map(inPage), othersLeft };
  return { ...sent, coded: sent.coded && { ...sent.coded, hint }, message: inPage(sent.message), command, unusable };
}

function codedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (isSystemError(error)) return fileError((error as { path?: string }).path ?? 'a file', error) as FileError;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DOMException && error.name === 'AbortError') return new CodedError('STOPPED', 'stopped');
  if (error instanceof RangeError && OUT_OF_MEMORY.test(message))
    return new FileError('OUT_OF_MEMORY', `this page gets no more memory: ${message}`, { cause: error });
  return new CodedError('INTERNAL', message, {
    hint: 'This is a bug in image-drift: report it with this text.',
    cause: error,
  });
}

/** A text of the rest of the program, in the words of the page. */
export function inPage(text: string): string {
  return byLabels(byGivenNames(text));
}
