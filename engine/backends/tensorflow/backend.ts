/**
 * TensorFlow, through the package `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` if a user has installed it. It
 * uses the same executor as every TensorFlow.js backend.
 *
 * A device is `cpu`, `gpu` or `gpu:1`. The first use sets threads and device for the whole process.
 */
import { CodedError } from '../../../base/index.js';
import type { OptionalPackage } from '../../../files/index.js';
import type { Availability, EngineCode, Program } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { HOW_TO_INSTALL } from './packages.js';
import type { TensorFlow } from './start.js';
import { installedTensorFlow, loadTensorFlow, type TensorFlowResult } from './tfjs-node.js';

const NOT_INSTALLED = 'BACKEND_NOT_INSTALLED';

export const tensorflow: EngineCode = {
  precisions: ['float32'],
  async availability({ device, threads } = {}): Promise<Availability> {
    const result = await start(device, threads);
    if (!result.ok) {
      const { reason, kind, version } = result;
      return { ok: false, reason, device: null, kind, version, howToGet: HOW_TO_INSTALL };
    }
    return describe(result.tensorflow);
  },
  async compile(model, options) {
    const result = await start(options.device, options.threads);
    if (!result.ok) {
      throw new EngineError(result.code, `backend tensorflow: ${result.reason}`, { hint: HOW_TO_INSTALL });
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
  | Extract<TensorFlowResult, { ok: true }>
  | { ok: false; code: string; reason: string; kind: Availability['kind']; version: string | null };

async function start(device: string | undefined, threads: number | undefined): Promise<Started> {
  const wanted = parseDevice(device);
  if (wanted === null) return missing(installedTensorFlow(), `no device ${device}: cpu, gpu or gpu:NUMBER is meant`);
  const result = await loadTensorFlow({ threads, cards: wanted.cards });
  if (!result.ok) {
    const { installed, reason, version } = result;
    return { ok: false, code: installed ? 'BACKEND_FAILED' : NOT_INSTALLED, reason, kind: 'cpu', version };
  }
  const { usesGpu, found } = result.tensorflow;
  if (wanted.gpu === null || wanted.gpu === usesGpu) return result;
  return missing(found, `no device ${device}: ${versionOf(found)} runs on the ${usesGpu ? 'GPU' : 'CPU'} here`);
}

/** The error for a missing device, or for a missing package if none is installed. */
function missing(found: OptionalPackage | null, reason: string): Started {
  if (found === null) return { ok: false, code: NOT_INSTALLED, reason, kind: 'cpu', version: null };
  return { ok: false, code: 'ADAPTER_MISSING', reason, kind: 'gpu', version: versionOf(found) };
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
  const libraries = [`TensorFlow ${version}`, ...[...cuda].map(([name, number]) => `${name} ${number}`)].join(', ');
  return {
    ok: true,
    reason: `TensorFlow on the ${usesGpu ? 'GPU' : 'CPU'}`,
    device: usesGpu ? 'gpu' : 'cpu',
    kind: usesGpu ? 'gpu' : 'cpu',
    driver: libraries,
    version: versionOf(found),
  };
}

/** TensorFlow's errors are plain text. This gives them a code. */
function withCodedErrors(program: Program): Program {
  return {
    async run(batch) {
      try {
        return await program.run(batch);
      } catch (error) {
        if (error instanceof CodedError) throw error;
        const text = error instanceof Error ? error.message : String(error);
        const code = /OOM|allocat|out of memory/i.test(text) ? 'OUT_OF_MEMORY' : 'BACKEND_FAILED';
        throw new EngineError(code, `TensorFlow: ${text.split('\n')[0]}`, { cause: error });
      }
    },
    dispose: () => program.dispose(),
  };
}
