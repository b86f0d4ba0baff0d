/**
 * TensorFlow's own library below TensorFlow.js: `@tensorflow/tfjs-node-gpu` where it is installed and loads, else
 * `@tensorflow/tfjs-node`. Both are optional peers, since their install scripts download from outside npm.
 *
 * Such a package brings a `tfjs-core`, of its own or shared with ours by npm. That is no matter: all copies find the
 * engine and the registry of kernels in the global object, and so share one.
 */
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { findOptionalPackage, loadOptionalPackage, type OptionalPackage } from '../optional-package.js';
import { takeTurn } from '../tfjs/global-engine.js';

export const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** As the packages register it. */
export const BACKEND = 'tensorflow';

/** The major version of `tfjs-core` that this engine is written for; others register kernels that do not fit. */
const MAJOR = '4';

/** Parts of tfjs-node's backend object that are read here. */
interface NodeBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version: string };
}

export interface TensorFlow {
  found: OptionalPackage;
  /** Of the TensorFlow library. */
  version: string;
  usesGpu: boolean;
  /** Versions of the CUDA libraries in this process, by name; none on a CPU. */
  cuda: ReadonlyMap<string, string>;
}

export type TensorFlowResult =
  | { ok: true; tensorflow: TensorFlow }
  | { ok: false; installed: boolean; reason: string; version: string | null };

export interface TensorFlowOptions {
  /** Threads of one operation; left out: one a core. */
  threads?: number | undefined;
  /** CUDA cards that TensorFlow may see, as `CUDA_VISIBLE_DEVICES` lists them; left out: those the environment says. */
  cards?: string | undefined;
}

let loading: Promise<TensorFlowResult> | null = null;

/**
 * Loads TensorFlow, once a process: the options of the first call hold, since TensorFlow reads them when it starts.
 * Never rejects.
 */
export function loadTensorFlow(options: TensorFlowOptions): Promise<TensorFlowResult> {
  loading ??= firstThatLoads(options);
  return loading;
}

async function firstThatLoads(options: TensorFlowOptions): Promise<TensorFlowResult> {
  const failures: string[] = [];
  let version: string | null = null;
  for (const name of PACKAGES) {
    const found = findOptionalPackage(name);
    if (found === null) continue;
    version ??= `${name} ${found.version}`;
    const why = incompatibility(found) ?? (await loadFailure(found, options));
    if (why === null) return { ok: true, tensorflow: describe(found) };
    failures.push(`${name} ${found.version} ${why}`);
  }
  if (failures.length > 0) return { ok: false, installed: true, reason: failures.join('; '), version };
  return { ok: false, installed: false, reason: `neither ${PACKAGES.join(' nor ')} is installed`, version };
}

/** What is known to fail before it is tried. */
function incompatibility({ version }: OptionalPackage): string | null {
  if (version.split('.')[0] !== MAJOR) return `is not for TensorFlow.js ${MAJOR}, which image-drift uses`;
  // Up to 4.22 every operation calls this function of Node's, which Node 23 and later do not have.
  if (isUpTo422(version) && !('isNullOrUndefined' in util)) {
    return `does not work on Node ${process.versions.node}, only up to Node 22`;
  }
  return null;
}

function isUpTo422(version: string): boolean {
  return Number(version.split('.')[1]) <= 22;
}

async function loadFailure(found: OptionalPackage, { threads, cards }: TensorFlowOptions): Promise<string | null> {
  // TensorFlow tells of the processor's instructions and of missing CUDA libraries on stderr; errors stay.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  if (cards !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = cards;
  // Newer cards otherwise multiply in TF32, with 10 bits of mantissa.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  try {
    // Its module makes its backend the active one, so nothing else may be computing.
    await takeTurn(() => loadOptionalPackage(found));
  } catch (error) {
    return `does not load: ${firstLine(error)}`;
  }
  return tf.findBackend(BACKEND) === null ? 'does not share its tfjs-core with image-drift' : null;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
}

function describe(found: OptionalPackage): TensorFlow {
  const { binding, isUsingGpuDevice } = tf.findBackend(BACKEND) as unknown as NodeBackend;
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
