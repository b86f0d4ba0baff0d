/** What our own kernels would do for a model: the plan, compiled but not run. */
import type { Weights } from '../../../weights/index.js';
import { prepareModel, usualSize } from '../../contract/prepared-model.js';
import { batchLimits, defaultBatchSize } from '../../running/batch-size.js';
import type { PlanRow } from './planning/compiled-plan.js';

export interface PlanOptions {
  /** Pixels; left out: those that the weights name, or 224×224. */
  height?: number | undefined;
  width?: number | undefined;
  /** Images at once; left out: as many as `Embedder` takes on one thread. */
  batch?: number | undefined;
  /** Module paths; left out: the one that the weights name. The logits are computed as well. */
  tap?: string | readonly string[] | undefined;
  precision?: 'float32' | 'exact' | undefined;
}

export interface PlanDescription {
  images: number;
  height: number;
  width: number;
  rows: readonly PlanRow[];
  /** Of all packed weights, with biases. */
  weightBytes: number;
  /** Of what a thread computes in. */
  arenaBytes: number;
  scratchBytes: number;
  /** What the kernels are on this machine; what is missing where there are none. */
  kernels: string;
}

/**
 * Kernels are chosen by what this machine was measured to do, or by what is usual where they do not run.
 *
 * @throws EngineError `UNKNOWN_BACKBONE`, `UNKNOWN_TAP`, `IMAGE_TOO_SMALL`, `OUT_OF_MEMORY`, …
 */
export async function describePlan(weights: Weights, options: PlanOptions = {}): Promise<PlanDescription> {
  const [{ compilePlan, PackedWeights, TYPICAL_RATES }, { KernelMemory }, { openKernels, planRates }] =
    await Promise.all([
      import('./compiling/compile-plan.js'),
      import('./memory/kernel-memory.js'),
      import('./trial/kernel-search.js'),
    ]);
  const { simd } = await import('./backend.js');
  const { kernels, reason } = await openKernels();
  const { mean, std } = weights.config.preprocessing;
  const usual = usualSize(weights.config);
  const { tap, precision, height = usual.height, width = usual.width } = options;
  const { model, tapNodes } = prepareModel(weights, { tap, scores: true });
  const images = options.batch ?? defaultBatchSize(model.graph, { height, width }, batchLimits(simd, 'cpu', 1));
  const memory = new KernelMemory();
  const packed = new PackedWeights(model, memory);
  const plan = compilePlan(
    model,
    {
      images,
      height,
      width,
      taps: [...tapNodes.values()],
      scores: true,
      mean,
      std,
      exact: precision === 'exact',
    },
    { memory, weights: packed, rates: kernels === null ? TYPICAL_RATES : planRates(kernels) },
  );
  const { rows, arenaBytes, scratchBytes } = plan;
  return { images, height, width, rows, weightBytes: packed.bytes, arenaBytes, scratchBytes, kernels: reason };
}
