/**
 * The parts of the `onnxruntime-node` package that are used here, with types. It is an optional peer, so its own types
 * may be missing.
 */
import { loadOptionalPackage, type OptionalPackage } from '../../../files/index.js';

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** What other types have cannot be read as numbers. */
  readonly data: Float32Array | Uint8Array | Int8Array | Uint16Array | Int32Array | Float64Array;
}

/** What a session says of an output. */
export interface OrtOutputMetadata {
  name: string;
  isTensor: boolean;
  /** The type of a tensor's values. */
  type?: string;
}

export interface OrtSession {
  /** @param fetches names of outputs; left out: all */
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  /** Not there before 1.22. */
  readonly outputMetadata?: readonly OrtOutputMetadata[];
  release(): Promise<void>;
}

/** The options of one session; see onnxruntime-common's `InferenceSession.SessionOptions`. */
export interface OrtSessionOptions {
  executionProviders: readonly ({ name: string; deviceId?: number } | string)[];
  /** Left out: one thread a core. */
  intraOpNumThreads?: number;
  interOpNumThreads: number;
  /** 4: only errors that end the process are logged. All other errors are thrown, and the caller reports them. */
  logSeverityLevel: 4;
}

export interface Ort {
  Tensor: new (
    type: 'uint8' | 'float32' | 'float16',
    data: Uint8Array | Float32Array | Uint16Array,
    dims: readonly number[],
  ) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession> };
  /**
   * The backends that this build was made with. With `bundled: false`, one needs a library that is not in the npm
   * package.
   */
  listSupportedBackends?(): readonly { name: string; bundled: boolean }[];
}

export interface OnnxRuntime {
  ort: Ort;
  found: OptionalPackage;
}

/** @throws whatever loading it throws, such as for a system that the package has no library for */
export function loadOnnxRuntime(found: OptionalPackage): OnnxRuntime {
  return { ort: loadOptionalPackage<Ort>(found), found };
}
