/** Runs a plan call by call, as an engine does, with any kernels. Outputs are in PyTorch's order. */
import { compilePlan, type PlanRequest } from '../../../engine/backends/simd/compiling/compile-plan.js';
import type { SharedMemory } from '../../../engine/backends/simd/kernel-memory.js';
import type { KernelName } from '../../../engine/backends/simd/kernels/registry.js';
import { PackedWeights } from '../../../engine/backends/simd/planning/packed-weights.js';
import type { KernelRates, Plan, PlanOutput } from '../../../engine/backends/simd/planning/step.js';
import type { BoundGraph } from '../../../graph/index.js';
import { TestMemory } from './memory-view.js';
import { type Kernel, referenceKernels } from './reference-kernels.js';

/** Rates at which only multiplications cost time: plans choose what multiplies least. */
export const EAGER_RATES: KernelRates = { multiplyAdds: 1, transformFloats: 1e6 };
/** Rates at which transforms take for ever: plans never choose them. */
export const DIRECT_RATES: KernelRates = { multiplyAdds: 1e6, transformFloats: 1 };

/** `pixels`: `[images][height][width][3]`. */
export function runPlan(
  plan: Plan,
  pixels: Uint8Array,
  memory: SharedMemory,
  kernels: Readonly<Record<KernelName, Kernel>>,
): Map<string, Float32Array> {
  const arena = memory.allocate(plan.arenaBytes);
  const scratch = memory.allocate(Math.max(plan.scratchBytes, 64));
  new Uint8Array(memory.buffer).set(pixels, arena + plan.pixels);
  for (const { kernel, params, units } of plan.calls) {
    // From the last unit to the first: the order must not matter.
    for (let unit = units - 1; unit >= 0; unit--) kernels[kernel as KernelName](params, arena, unit, unit + 1, scratch);
  }
  const outputs = new Map([...plan.outputs].map(([node, output]) => [node, read(memory, arena, output, plan.images)]));
  memory.free(arena);
  memory.free(scratch);
  return outputs;
}

function read(
  memory: SharedMemory,
  arena: number,
  { offset, axes, imageStep }: PlanOutput,
  images: number,
): Float32Array {
  const source = new Float32Array(memory.buffer);
  const offsets = [{ size: images, step: imageStep }, ...axes].reduce<number[]>(
    (places, { size, step }) => places.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * step)),
    [arena + offset],
  );
  return Float32Array.from(offsets, (place) => source[place / 4]!);
}

/** Compiles, runs with the reference kernels, and frees everything. Memory still allocated is an error. */
export function planAndRun(
  model: BoundGraph,
  request: PlanRequest,
  pixels: Uint8Array,
  rates: KernelRates,
): { plan: Plan; outputs: Map<string, Float32Array> } {
  const memory = new TestMemory();
  const weights = new PackedWeights(model, memory);
  const plan = compilePlan(model, request, { memory, weights, rates });
  const outputs = runPlan(plan, pixels, memory, referenceKernels(memory));
  plan.dispose();
  weights.dispose();
  if (memory.liveBytes > 0) throw new Error(`${memory.liveBytes} bytes were not freed`);
  return { plan, outputs };
}
