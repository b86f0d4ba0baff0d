/** Loads tfjs-node into this process; kept apart, since it loads TensorFlow.js as well. */
import tf = require('@tensorflow/tfjs-core');

import { loadOptionalPackage, type OptionalPackage } from '../../packages/optional-package.js';
import { takeTurn } from '../tfjs/global-engine.js';

/** As the packages register it. */
export const BACKEND = 'tensorflow';

/** Parts of tfjs-node's backend object that are read here. */
interface NodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

export interface TensorFlowOptions {
  /** Threads of one operation; left out: one a core. */
  threads?: number | undefined;
  /** CUDA cards that TensorFlow may see, as `CUDA_VISIBLE_DEVICES` lists them; left out: those the environment says. */
  cards?: string | undefined;
}

export interface TensorFlow {
  found: OptionalPackage;
  /** Of the TensorFlow library. */
  version: string;
  usesGpu: boolean;
  /** Versions of the CUDA libraries in this process, by name; none on a CPU. */
  cuda: ReadonlyMap<string, string>;
}

/** @throws whatever the package throws; Error when it brought a TensorFlow.js of its own that is not shared with ours */
export async function startTensorFlow(
  found: OptionalPackage,
  { threads, cards }: TensorFlowOptions,
): Promise<TensorFlow> {
  // TensorFlow tells of the processor's instructions and of missing CUDA libraries on stderr; errors stay.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  if (cards !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = cards;
  // Newer cards otherwise multiply in TF32, with 10 bits of mantissa.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  // Its module makes its backend the active one, so nothing else may be computing.
  await takeTurn(() => loadOptionalPackage(found));
  const backend = tf.findBackend(BACKEND) as unknown as NodeBackend | null;
  if (backend === null) throw new Error('its tfjs-core and that of image-drift do not share an engine');
  const { binding, isUsingGpuDevice } = backend;
  return {
    found,
    version: binding.TF_Version,
    usesGpu: isUsingGpuDevice,
    cuda: isUsingGpuDevice ? cudaLibraries() : new Map(),
  };
}

/** From the names of the libraries that this process has loaded: `libcudart.so.11.0` is CUDA 11.0. */
function cudaLibraries(): Map<string, string> {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  const versions = new Map<string, string>();
  for (const path of sharedObjects) {
    const match = /(cudart|cudnn)(?:64_|\.so\.)([\d.]+)/.exec(path);
    if (match) versions.set(match[1] === 'cudart' ? 'CUDA' : 'cuDNN', match[2]!);
  }
  return versions;
}
