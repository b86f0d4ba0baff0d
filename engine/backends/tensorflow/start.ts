/** Loads tfjs-node into this process. It is a file of its own because it loads TensorFlow.js as well. */
import { loadOptionalPackage, type OptionalPackage } from '#platform';
import { takeTurn, tf } from '../tfjs/global-engine.js';

/** The name under which the packages register the backend. */
const BACKEND = 'tensorflow';

interface NodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

export interface TensorFlowOptions {
  /** Threads of one operation. Left out: one a core. */
  threads?: number | undefined;
  /** CUDA cards, in the form of `CUDA_VISIBLE_DEVICES`. Left out: those that the environment names. */
  cards?: string | undefined;
}

export interface TensorFlow {
  found: OptionalPackage;
  version: string;
  usesGpu: boolean;
  /** Versions of the CUDA libraries in this process, by name; empty on a CPU. */
  cuda: ReadonlyMap<string, string>;
}

/** @throws whatever the package throws; Error if it brought a TensorFlow.js that is not shared with ours */
export async function startTensorFlow(
  found: OptionalPackage,
  { threads, cards }: TensorFlowOptions,
): Promise<TensorFlow> {
  // Silences TensorFlow's messages about instructions and missing CUDA libraries on stderr. Errors stay.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  if (cards !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = cards;
  // By default, newer cards multiply in TF32, with 10 bits of mantissa.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  // Loading the module makes its backend the active one, so no other backend may be computing.
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

/** Reads the names of the libraries that this process has loaded: `libcudart.so.11.0` is CUDA 11.0. */
function cudaLibraries(): Map<string, string> {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  const versions = new Map<string, string>();
  for (const path of sharedObjects) {
    const match = /(cudart|cudnn)(?:64_|\.so\.)([\d.]+)/.exec(path);
    if (match) versions.set(match[1] === 'cudart' ? 'CUDA' : 'cuDNN', match[2]!);
  }
  return versions;
}
