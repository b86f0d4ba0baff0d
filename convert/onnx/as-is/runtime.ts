/** What this room needs of a program that runs ONNX files as they are; the engines have one (onnxruntime). */
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

/** What a value is, without its numbers. */
export interface OnnxSessionLook {
  /** Whether it has floating point; otherwise whole numbers of 8 or 32 bits. */
  isFloat: boolean;
  shape: readonly number[];
}

export interface OnnxSessionValue extends OnnxSessionLook {
  data: Float32Array;
}

/** `[rows, height, width, channels]` */
export interface OnnxSessionImages {
  rows: number;
  height: number;
  width: number;
  data: Uint8Array;
}

export interface OnnxSession {
  /**
   * @returns the values that are numbers, by name
   * @throws CodedError for what the runtime cannot compute
   */
  run(images: OnnxSessionImages, names: readonly string[]): Promise<ReadonlyMap<string, OnnxSessionValue>>;
  /** As `run`, without the numbers. */
  look(images: OnnxSessionImages, names: readonly string[]): Promise<ReadonlyMap<string, OnnxSessionLook>>;
  close(): Promise<void>;
}

/** @throws CodedError `BACKEND_NOT_INSTALLED` without such a program; others for a file that it does not take */
export type OpenOnnxSession = (request: OnnxSessionRequest) => Promise<OnnxSession>;
