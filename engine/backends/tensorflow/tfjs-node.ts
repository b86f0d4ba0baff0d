/**
 * TensorFlow's own library below TensorFlow.js: `@tensorflow/tfjs-node-gpu` if it is installed and loads, otherwise
 * `@tensorflow/tfjs-node`. Both are optional peers, since their install scripts download from outside npm.
 *
 * Such a package needs a `tfjs-core`. npm may install a second copy for it or share ours. Both work: all copies find
 * the engine and the registry of kernels in the global object, so they share them.
 */
import util from 'node:util';
import { findOptionalPackage, type OptionalPackage } from '../../../files/index.js';
import { WITH_GPU, WITHOUT_GPU } from './packages.js';
import type { TensorFlow, TensorFlowOptions } from './start.js';

const PACKAGES = [WITH_GPU, WITHOUT_GPU] as const;

/**
 * The major version of `tfjs-core` that this engine is written for. Other versions register kernels that do not fit.
 */
const MAJOR = 4;

export type TensorFlowResult =
  | { ok: true; tensorflow: TensorFlow }
  | { ok: false; installed: boolean; reason: string; version: string | null };

/** The package that is tried first; null if none is installed. */
export function installedTensorFlow(): OptionalPackage | null {
  return PACKAGES.map(findOptionalPackage).find((found) => found !== null) ?? null;
}

let loading: Promise<TensorFlowResult> | null = null;

/**
 * Loads TensorFlow once a process. TensorFlow reads the options when it starts, so only those of the first call count.
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
    try {
      const tensorflow = await startIfCompatible(found, options);
      return { ok: true, tensorflow };
    } catch (error) {
      const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
      failures.push(`${name} ${found.version} does not work here: ${why!.trim()}`);
    }
  }
  if (failures.length > 0) return { ok: false, installed: true, reason: failures.join('; '), version };
  return { ok: false, installed: false, reason: `neither ${PACKAGES.join(' nor ')} is installed`, version };
}

async function startIfCompatible(found: OptionalPackage, options: TensorFlowOptions): Promise<TensorFlow> {
  const why = incompatibility(found.version);
  if (why !== null) throw new Error(why);
  const { startTensorFlow } = await import('./start.js');
  return startTensorFlow(found, options);
}

/** The reason if loading is known to fail; null otherwise. */
export function incompatibility(
  version: string,
  node: { version: string; hasOldUtil: boolean } = thisNode(),
): string | null {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  if (major !== MAJOR) return `image-drift needs version ${MAJOR} of it`;
  if (minor <= 22 && !node.hasOldUtil) {
    return `up to 4.22 it calls util.isNullOrUndefined, which Node ${node.version} does not have; Node 22 and 20 do`;
  }
  return null;
}

function thisNode() {
  return { version: process.versions.node, hasOldUtil: 'isNullOrUndefined' in util };
}
