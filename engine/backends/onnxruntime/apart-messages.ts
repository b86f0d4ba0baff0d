/** What is said between a session with an ONNX file in a process of its own and those who ask it. */
import type { OnnxFileFacts } from '../../../weights/index.js';
import type { ImageBatch } from '../../contract/backend.js';
import type { FileValue, OnnxFileLimits } from '../../contract/onnx-file.js';
import type { Pixels } from './file-session.js';

/** What such a process may take before it ends itself. */
export type ApartLimits = Required<OnnxFileLimits>;

export interface OpenQuestion {
  ask: 'open';
  facts: OnnxFileFacts;
  /** Names of values. */
  values: readonly string[];
  pixels: Pixels;
  limits: ApartLimits;
  /** Bytes of the file, which come by way of stdin. */
  length: number;
}

export interface RunQuestion {
  ask: 'run';
  images: ImageBatch;
  names: readonly string[];
  /** Whether the values' numbers are wanted, or only what they are. */
  withData: boolean;
}

export type Question = OpenQuestion | RunQuestion;

/** The values are empty when a session was opened. An error is an `EngineError`. */
export type Answer =
  | { values: ReadonlyMap<string, FileValue> }
  | { error: { code: string; message: string; hint: string | null } };

/** Before the reason for which a process ended itself, in its stderr. */
export const ENDED = 'ended: ';
