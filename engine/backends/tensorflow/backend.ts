/**
 * TensorFlow, through `@tensorflow/tfjs-node-gpu` if it loads, or `@tensorflow/tfjs-node`, on `cpu`, `gpu` or `gpu:1`.
 * The first use sets threads and device for the process: all copies of `tfjs-core` share engine and kernels through the
 * global object.
 */

import util from 'node:util';
import { findOptionalPackage, type OptionalPackage } from '#platform';
import { CodedError } from '../../../base/index.js';
import type { Availability, EngineCode, Program } from '../../contract/backend.js';
import { EngineError, firstLine } from '../../contract/engine-error.js';
import { nvidiaDriver } from '../nvidia.js';
import { HOW_TO_INSTALL, WITH_GPU, WITHOUT_GPU } from '../packages.js';
import type { TensorFlow, TensorFlowOptions } from './start.js';

const PACKAGES = [WITH_GPU, WITHOUT_GPU] as const;

/** The major version of `tfjs-core` that this engine is written for. Kernels of others do not fit. */
const MAJOR = 4;

export const tensorflow: EngineCode = {
  precisions: ['float32'],
  async availability({ device, threads } = {}): Promise<Availability> {
    const started = await start(device, threads);
    if (!started.ok) {
      const { reason, kind, version } = started;
      return { ok: false, reason, device: null, kind, version, howToGet: HOW_TO_INSTALL.tensorflow };
    }
    return describe(started.tensorflow);
  },
  async compile(model, options) {
    const started = await start(options.device, options.threads);
    if (!started.ok) {
      throw new EngineError(started.code, `backend tensorflow: ${started.reason}`, { hint: HOW_TO_INSTALL.tensorflow });
    }
    const [{ withBackend }, { TfjsProgram }] = await Promise.all([
      import('../tfjs/global-engine.js'),
      import('../tfjs/program.js'),
    ]);
    const program = await withBackend('tensorflow', () => new TfjsProgram('tensorflow', model, options));
    return withCodedErrors(program);
  },
};

type Started =
  | { ok: true; tensorflow: TensorFlow }
  | { ok: false; code: string; reason: string; kind: Availability['kind']; version: string | null };

async function start(device: string | undefined, threads: number | undefined): Promise<Started> {
  const wanted = parseDevice(device);
  if (wanted === null) {
    const first = PACKAGES.map(findOptionalPackage).find((found) => found !== null);
    const reason = `no device ${device}: cpu, gpu or gpu:NUMBER is meant`;
    return first === undefined ? notInstalled(reason) : noDevice(first, reason);
  }
  loading ??= firstThatLoads({ threads, cards: wanted.cards });
  const started = await loading;
  if (!started.ok) return started;
  const { usesGpu, found } = started.tensorflow;
  if (wanted.gpu === null || wanted.gpu === usesGpu) return started;
  return noDevice(found, `no device ${device}: ${versionOf(found)} runs on the ${usesGpu ? 'GPU' : 'CPU'} here`);
}

function notInstalled(reason: string): Started {
  return { ok: false, code: 'BACKEND_NOT_INSTALLED', reason, kind: 'cpu', version: null };
}

function noDevice(found: OptionalPackage, reason: string): Started {
  return { ok: false, code: 'ADAPTER_MISSING', reason, kind: 'gpu', version: versionOf(found) };
}

/** TensorFlow is loaded once a process. It reads the options when it starts, so only those of the first call count. */
let loading: Promise<Started> | null = null;

/** Never rejects. */
async function firstThatLoads(options: TensorFlowOptions): Promise<Started> {
  const failures: string[] = [];
  let version: string | null = null;
  for (const name of PACKAGES) {
    const found = findOptionalPackage(name);
    if (found === null) continue;
    version ??= versionOf(found);
    try {
      const why = incompatibility(found.version);
      if (why !== null) throw new Error(why);
      const { startTensorFlow } = await import('./start.js');
      return { ok: true, tensorflow: await startTensorFlow(found, options) };
    } catch (error) {
      failures.push(`${versionOf(found)} does not work here: ${firstLine(error)}`);
    }
  }
  if (failures.length === 0) return notInstalled(`neither ${PACKAGES.join(' nor ')} is installed`);
  return { ok: false, code: 'BACKEND_FAILED', reason: failures.join('; '), kind: 'cpu', version };
}

/** The reason if loading is known to fail; null otherwise. */
export function incompatibility(
  version: string,
  node = { version: process.versions.node, hasOldUtil: 'isNullOrUndefined' in util },
): string | null {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  if (major !== MAJOR) return `image-drift needs version ${MAJOR} of it`;
  if (minor <= 22 && !node.hasOldUtil) {
    return `up to 4.22 it calls util.isNullOrUndefined, which Node ${node.version} does not have; Node 22 and 20 do`;
  }
  return null;
}

function versionOf({ name, version }: OptionalPackage): string {
  return `${name} ${version}`;
}

/** `gpu` is null if either will do. The result is null for text that does not name a device. */
function parseDevice(text: string | undefined): { gpu: boolean | null; cards?: string } | null {
  if (text === undefined) return { gpu: null };
  if (text === 'cpu') return { gpu: false, cards: '-1' };
  const match = /^gpu(?::(\d{1,3}))?$/.exec(text);
  if (!match) return null;
  return match[1] === undefined ? { gpu: true } : { gpu: true, cards: match[1] };
}

function describe({ found, version, usesGpu, cuda }: TensorFlow): Availability {
  const libraries = [`TensorFlow ${version}`, ...[...cuda].map(([name, number]) => `${name} ${number}`)];
  const kind = usesGpu ? 'gpu' : 'cpu';
  const driver = [...libraries, usesGpu ? nvidiaDriver() : null].filter((part) => part !== null).join(', ');
  const reason = `TensorFlow on the ${kind.toUpperCase()}`;
  return { ok: true, reason, device: kind, kind, driver, version: versionOf(found) };
}

/** TensorFlow's errors are plain text. This gives them a code. */
function withCodedErrors(program: Program): Program {
  return {
    async run(batch) {
      try {
        return await program.run(batch);
      } catch (error) {
        if (error instanceof CodedError) throw error;
        const code = /OOM|allocat|out of memory/i.test(String(error)) ? 'OUT_OF_MEMORY' : 'BACKEND_FAILED';
        throw new EngineError(code, `TensorFlow: ${firstLine(error)}`, { cause: error });
      }
    },
    dispose: () => program.dispose(),
  };
}
