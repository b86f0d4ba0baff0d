/** Creates sessions of onnxruntime on a device, and translates their errors. */

import { DATA_TYPE, modelProto, type ProtobufMessage } from '../../../graph/onnx/index.js';
import { EngineError } from '../../contract/engine-error.js';
import { type Device, deviceName } from './providers.js';
import type { OnnxRuntime, OrtSession } from './runtime.js';

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

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0]!.trim();
}
