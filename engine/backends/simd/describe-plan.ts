/** The plan of a model for `inspect --plan`: compiled, but not run. */
import type { BoundGraph } from '../../../graph/index.js';
import type { PlanDescription, PlanTask } from '../../contract/plan-description.js';
import { compilePlan, PackedWeights, TYPICAL_RATES } from './compiling/compile-plan.js';
import { KernelMemory } from './memory/kernel-memory.js';
import { openKernels, planRates } from './trial/kernel-search.js';

/** @throws EngineError `OUT_OF_MEMORY`; GraphError `IMAGE_TOO_SMALL` */
export async function describePlan(model: BoundGraph, task: PlanTask): Promise<PlanDescription> {
  const { kernels, reason } = await openKernels();
  const memory = new KernelMemory();
  const packed = new PackedWeights(model, memory);
  const rates = kernels === null ? TYPICAL_RATES : planRates(kernels);
  const plan = compilePlan(model, { ...task, scores: true }, { memory, weights: packed, rates });
  const { images, height, width } = task;
  const { rows, arenaBytes, scratchBytes } = plan;
  return { images, height, width, rows, weightBytes: packed.bytes, arenaBytes, scratchBytes, kernels: reason };
}
