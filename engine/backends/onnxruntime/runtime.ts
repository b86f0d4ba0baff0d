/** The `onnxruntime-node` package, typed by what is used of it: it is an optional peer, so its own types may be absent. */
import { loadOptionalPackage, type OptionalPackage } from '../../packages/optional-package.js';

export interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

export interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** Of one session; see onnxruntime-common's `InferenceSession.SessionOptions`. */
export interface OrtSessionOptions {
  executionProviders: readonly ({ name: string; deviceId?: number } | string)[];
  /** Left out: one a core. */
  intraOpNumThreads?: number;
  interOpNumThreads: number;
  /** 4: what ends the process. Errors are thrown as well, and told by whoever catches them. */
  logSeverityLevel: 4;
}

export interface Ort {
  Tensor: new (type: 'uint8' | 'float32', data: Uint8Array | Float32Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: OrtSessionOptions): Promise<OrtSession> };
  /** What this build was made with; `bundled: false` ones need a library that npm does not carry. */
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
