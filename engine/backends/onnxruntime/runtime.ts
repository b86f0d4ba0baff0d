/** The parts of `onnxruntime-node` that are used, typed here since it is an optional peer; sessions and errors. */
import { loadOptionalPackage, type OptionalPackage } from '#platform';
import { DATA_TYPE, modelProto, type ProtobufMessage } from '../../../graph/onnx/index.js';
import { EngineError, firstLine } from '../../contract/engine-error.js';

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** What other types have cannot be read as numbers. */
  readonly data: Float32Array | Uint8Array | Int8Array | Uint16Array | Int32Array | Float64Array;
}

export interface OrtSession {
  /** @param fetches names of outputs; left out: all */
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches?: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  /** Not there before 1.22. */
  readonly outputMetadata?: readonly { name: string; isTensor: boolean /** Of a tensor's values. */; type?: string }[];
  release(): Promise<void>;
}

/** The options of one session; see onnxruntime-common's `InferenceSession.SessionOptions`. */
interface OrtSessionOptions {
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
  /** What this build was made with; with `bundled: false`, a library is needed that is not in the npm package. */
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

export const PROVIDERS = ['cpu', 'cuda', 'coreml', 'dml'] as const;

export interface Device {
  provider: (typeof PROVIDERS)[number];
  /** The number of the card; null if the provider has only one. */
  index: number | null;
}

export function deviceName({ provider, index }: Device): string {
  return index === null ? provider : `${provider}:${index}`;
}

/** @throws EngineError `BACKEND_FAILED`, `OUT_OF_MEMORY`, `DEVICE_LOST` */
export async function createSession(
  { ort }: OnnxRuntime,
  model: Uint8Array,
  { device, threads }: { device: Device; threads?: number | undefined },
): Promise<OrtSession> {
  // By default, cuDNN and cuBLAS multiply in TF32, with 10 bits of mantissa. The package cannot pass the option.
  if (device.provider === 'cuda') process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  const { provider: name, index } = device;
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [index === null ? { name } : { name, deviceId: index }],
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw sessionError(error, device);
  }
}

/** The reason why a device does not start; null if it does. The test runs a model of one operator on it. */
export async function startFailure(runtime: OnnxRuntime, device: Device): Promise<string | null> {
  try {
    const session = await createSession(runtime, probe(), { device, threads: 1 });
    await session.run({ x: new runtime.ort.Tensor('uint8', new Uint8Array(1), [1]) });
    await session.release();
    return null;
  } catch (error) {
    return firstLine(error);
  }
}

function probe(): Uint8Array {
  const model: ProtobufMessage = modelProto({
    nodes: [{ op: 'Cast', inputs: ['x'], output: 'y', attributes: { to: DATA_TYPE.float } }],
    tensors: new Map(),
    inputs: [{ name: 'x', type: 'uint8', shape: [1], description: '' }],
    outputs: [{ name: 'y', type: 'float', shape: [1], description: '' }],
    metadata: new Map(),
  });
  return Buffer.concat(model.pieces);
}

/** onnxruntime's errors are plain text. This recognises the errors that a user can do something about. */
export function sessionError(error: unknown, device: Device): EngineError {
  const text = firstLine(error);
  const code = /allocat|bad_alloc|out of memory/i.test(text)
    ? 'OUT_OF_MEMORY'
    : /device (lost|removed|hung)|CUDA failure (700|719|999)/i.test(text)
      ? 'DEVICE_LOST'
      : 'BACKEND_FAILED';
  return new EngineError(code, `onnxruntime on ${deviceName(device)}: ${whatMatters(text)}`, { cause: error });
}

/** Removes the source file and the C++ signature that onnxruntime puts before its message. */
function whatMatters(text: string): string {
  return /Failed to allocate .*$/.exec(text)?.[0] ?? text;
}
