/** Lays a network out for our own kernels on the calling thread, step by step, so the steps can be timed. */
import type { KernelFunction } from '../engine/backends/simd/abi.js';
import { compilePlan } from '../engine/backends/simd/compiling/compile-plan.js';
import { KernelMemory } from '../engine/backends/simd/kernel-memory.js';
import { PackedWeights } from '../engine/backends/simd/planning/packed-weights.js';
import type { Plan } from '../engine/backends/simd/planning/step.js';
import { instantiate, kernelNames } from '../engine/backends/simd/running/job.js';
import { type Kernels, openKernels } from '../engine/backends/simd/trial/kernel-search.js';
import { type BoundGraph, bind } from '../graph/index.js';
import { optimise } from '../graph/passes/index.js';
import { networkGraph } from '../graph/stored/index.js';
import type { Weights } from '../weights/index.js';

export interface Shape {
  images: number;
  height: number;
  width: number;
}

export class LaidOut {
  readonly memory: KernelMemory;
  readonly #weights: PackedWeights;
  readonly #model: BoundGraph;
  readonly #kernels: Kernels;
  readonly #preprocessing: Weights['config']['preprocessing'];

  constructor(
    model: BoundGraph,
    { config }: { config: Pick<Weights['config'], 'preprocessing'> },
    kernels: Kernels,
    memory = new KernelMemory(),
  ) {
    this.memory = memory;
    this.#model = model;
    this.#kernels = kernels;
    this.#preprocessing = config.preprocessing;
    this.#weights = new PackedWeights(model, this.memory);
  }

  /** Packs the weights that are not packed yet. */
  plan({ images, height, width }: Shape): Plan {
    const { mean, std } = this.#preprocessing;
    const request = { images, height, width, taps: [], scores: true, mean, std, precision: 'float32' } as const;
    return compilePlan(this.#model, request, { memory: this.memory, weights: this.#weights });
  }

  /** Allocates an arena and scratch, and returns every call of the plan as a function. */
  calls(plan: Plan, pixels: Uint8Array): { node: string; run(): void }[] {
    const arena = this.memory.allocate(plan.arenaBytes);
    const scratch = this.memory.allocate(plan.scratchBytes);
    new Uint8Array(this.memory.buffer, arena + plan.pixels, pixels.length).set(pixels);
    const functions = this.functions();
    return plan.calls.map(({ kernel, node, params, units }) => {
      const call = functions.get(kernel)!;
      return { node, run: () => call(params, arena, 0, units, scratch) };
    });
  }

  functions(): ReadonlyMap<string, KernelFunction> {
    const { module } = this.#kernels;
    const table = instantiate(module, this.memory.memory);
    return new Map(kernelNames(module).map((name, i) => [name, table[i]!]));
  }
}

/** The model after all our passes. */
export function modelOf({ config, tensors }: Pick<Weights, 'config' | 'tensors'>): BoundGraph {
  const graph = networkGraph(config);
  return optimise(bind(graph, tensors), new Set([graph.output]));
}

/** @throws Error if no kernels run here */
export async function ourKernels(): Promise<Kernels> {
  const { kernels, reason } = await openKernels('float32');
  if (kernels === null) throw new Error(reason);
  return kernels;
}
