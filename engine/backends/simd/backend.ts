/** Our own WebAssembly kernels, the default: a graph becomes a plan of kernel calls in one memory, which all threads share. */
import { v8Version } from '#platform';
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import type { Kernels } from './trial/kernel-search.js';

export const simd: EngineCode = {
  precisions: ['float32', 'exact', 'reproducible'],
  async availability({ precision } = {}): Promise<Availability> {
    const { openKernels } = await import('./trial/kernel-search.js');
    const { kernels, reason } = await openKernels(precision);
    // Without a version, this would look like a package that is not installed.
    const version = `V8 ${v8Version()}`;
    if (kernels === null) return { ok: false, reason, device: null, kind: 'cpu', version };
    return { ok: true, reason, device: 'cpu', kind: 'cpu', driver: featuresOf(kernels), version };
  },
  async warmUp() {
    await import('./running/job.js');
  },
  async compile(model, options) {
    const { OwnThreadProgram } = await import('./program.js');
    return new OwnThreadProgram(await layOut(model, options));
  },
  share: layOut,
  async join(invitation) {
    const { Computer } = await import('./running/job.js');
    return new Computer(invitation as ConstructorParameters<typeof Computer>[0]);
  },
};

/** `256-bit relaxed 6x16`. */
function featuresOf({ revectorized, build, tile }: Kernels): string {
  return `${revectorized ? '256-bit' : '128-bit'} ${build} ${tile}`;
}

async function layOut(model: BoundGraph, options: CompileOptions) {
  const [{ openKernels }, { SimdProgram }, { takeMemory }] = await Promise.all([
    import('./trial/kernel-search.js'),
    import('./program.js'),
    import('./kernel-memory.js'),
  ]);
  const { kernels, reason } = await openKernels(options.precision);
  if (kernels === null) throw new EngineError('BACKEND_FAILED', `backend simd: ${reason}`);
  return new SimdProgram(model, options, kernels, await takeMemory());
}
