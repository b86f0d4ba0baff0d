/**
 * The order in which `auto` asks the engines: a real GPU, then onnxruntime, then our own kernels, which are compared with
 * what comes before or after them, then TensorFlow. TensorFlow.js on WebAssembly only where our kernels do not run, plain
 * JavaScript only where there is nothing else. Pure: no engine is loaded here.
 */

import type { EngineName } from '../backends/registry.js';
import type { Availability } from '../contract/backend.js';
import type { EnginePackage } from '../packages/installed.js';

/** One question: would this engine do here? */
export interface Probe {
  engine: EngineName;
  /** `gpu`: only where it runs on a real one; `any`: wherever it runs, but not on a software GPU. */
  on: 'gpu' | 'any';
  /** An engine that this one only stands in for: not asked where that one is there. */
  insteadOf?: EngineName;
}

export interface Wish {
  /** Part of an adapter's name or its number, as typed by the user. */
  device: string | null;
  /** Whether a package is there. */
  installed(name: EnginePackage): boolean;
}

/**
 * Engines whose packages are missing are left out, so that they are not even loaded. tfjs-node without `-gpu` can have
 * no GPU: it is asked after onnxruntime. With a device only engines that have devices are asked.
 */
export function probeOrder({ device, installed }: Wish): Probe[] {
  const tensorflowGpu = installed('@tensorflow/tfjs-node-gpu');
  const probes: Probe[] = [];
  if (installed('webgpu') && installed('@tensorflow/tfjs-backend-webgpu')) probes.push({ engine: 'webgpu', on: 'gpu' });
  if (tensorflowGpu) probes.push({ engine: 'tensorflow', on: 'gpu' });
  if (installed('onnxruntime-node')) probes.push({ engine: 'onnxruntime', on: 'any' });
  if (device === null) probes.push({ engine: 'simd', on: 'any' });
  if (tensorflowGpu || installed('@tensorflow/tfjs-node')) probes.push({ engine: 'tensorflow', on: 'any' });
  if (device === null) probes.push({ engine: 'wasm', on: 'any', insteadOf: 'simd' });
  return probes;
}

/**
 * Null where the engine may be taken; else why not, as half a sentence.
 *
 * @param named whether the user named this very device, which allows a software GPU
 */
export function refusal({ on }: Probe, availability: Availability, named: boolean): string | null {
  const { ok, kind, reason, device } = availability;
  if (!ok) return reason;
  if (kind === 'software-gpu' && !named)
    return `${device ?? 'its adapter'} is a GPU in software, slower than the CPU itself`;
  if (on === 'gpu' && kind === 'cpu' && !named) return 'it runs on the CPU only';
  return null;
}
