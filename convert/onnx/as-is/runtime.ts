/**
 * What is needed of a program that runs ONNX files as they are. The engines have one, where onnxruntime is installed; this
 * room is given it, since it knows no engines.
 */
import type { OnnxFileFacts } from '../../../weights/index.js';

export interface OnnxSessionRequest {
  facts: OnnxFileFacts;
  /** The file, its values included. */
  bytes: Uint8Array;
  /** Names of the values that may be asked for. */
  values: readonly string[];
  /** A value a channel: the file is given `(pixel/255 - mean) / std`. */
  mean: readonly number[];
  std: readonly number[];
}

export interface OnnxSessionValue {
  /** Whether it has floating point; otherwise whole numbers of 8 or 32 bits. */
  isFloat: boolean;
  shape: readonly number[];
  data: Float32Array;
}

export interface OnnxSession {
  /**
   * @param images `[rows, height, width, channels]`
   * @returns the values that are numbers, by name; all others are left out
   * @throws CodedError for what the runtime cannot compute
   */
  run(
    images: { rows: number; height: number; width: number; data: Uint8Array },
    names: readonly string[],
  ): Promise<ReadonlyMap<string, OnnxSessionValue>>;
  close(): Promise<void>;
}

/** @throws CodedError `BACKEND_NOT_INSTALLED` where there is no such program; others for a file that it does not take */
export type OpenOnnxSession = (request: OnnxSessionRequest) => Promise<OnnxSession>;
