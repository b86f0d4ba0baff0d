/** The plan of a model for `inspect --plan`: compiled, but not run. */
import type { BoundGraph } from '../../../graph/index.js';
import type { PlanDescription, PlanTask } from '../../contract/plan-description.js';
import { compilePlan, PackedWeights } from './compiling/compile-plan.js';
import { KernelMemory } from './memory/kernel-memory.js';
import { openKernels } from './trial/kernel-search.js';

/** @throws EngineError `OUT_OF_MEMORY`; GraphError `IMAGE_TOO_SMALL` */
export async function describePlan(model: BoundGraph, task: PlanTask): Promise<PlanDescription> {
  const { reason } = await openKernels();
  const memory = new KernelMemory();
  const packed = new PackedWeights(model, memory);
  const plan = compilePlan(model, { ...task, scores: true }, { memory, weights: packed });
  const { images, height, width } = task;
  const { rows, arenaBytes, scratchBytes } = plan;
  return { images, height, width, rows, weightBytes: packed.bytes, arenaBytes, scratchBytes, kernels: reason };
}
