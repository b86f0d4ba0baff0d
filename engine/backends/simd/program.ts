/** A model in shared memory: weights once, a plan for each size of batch, an arena a thread. One thread allocates. */
import { roundUp } from '../../../base/wasm/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import type {
  BatchSize,
  CompileOptions,
  ImageBatch,
  PlanPrecision,
  Precision,
  Program,
  ProgramOutputs,
  SharedProgram,
} from '../../contract/backend.js';
import type { PlanDescription, PlanTask } from '../../contract/engine-description.js';
import { EngineError, isOutOfMemory } from '../../contract/engine-error.js';
import { ALIGNMENT, SLACK } from './abi.js';
import { compilePlan } from './compiling/compile-plan.js';
import { KernelMemory } from './kernel-memory.js';
import { PackedWeights } from './planning/packed-weights.js';
import type { Plan } from './planning/step.js';
import {
  type CallTable,
  Computer,
  callTable,
  type Invitation,
  type Job,
  kernelNames,
  Lockstep,
  lockstepBytes,
  type Wanted,
} from './running/job.js';
import { type Kernels, openKernels } from './trial/kernel-search.js';

/** Plans that are kept: a whole batch, a last partial one, halves. One for many large images has some MB of tables. */
const MAX_PLANS = 6;

/** A thread may get a second place, while it still computes in the first, if a place has at most so many bytes. */
const MAX_SMALL_BYTES = 32 * 2 ** 20;

interface Layout {
  plan: Plan;
  calls: CallTable;
  wanted: Wanted;
}

interface Block {
  address: number;
  bytes: number;
}

export class SimdProgram implements SharedProgram {
  readonly invitation: Invitation;
  readonly #model: BoundGraph;
  readonly #options: CompileOptions;
  /** By the numbers that threads receive. */
  readonly #kernelNames: readonly string[];
  readonly #memory: KernelMemory;
  readonly #weights: PackedWeights;
  /** By size, the most recently used at the end. */
  readonly #layouts = new Map<string, Layout>();
  /** An arena and a thread's scratch behind it, by place. */
  readonly #arenas = new Map<number, Block>();
  /** A thread's scratch, by place, if all threads compute in the arena of place 0. */
  readonly #scratches = new Map<number, Block>();
  /** The layout that each place is computing. */
  readonly #busy = new Map<number, Layout>();
  /** The memory where threads that compute together meet, for place 0. */
  readonly #meetings = new Map<number, Block>();
  #lockstep: Lockstep | null = null;

  constructor(model: BoundGraph, options: CompileOptions, kernels: Kernels, memory: KernelMemory) {
    this.#model = model;
    this.#options = options;
    this.#kernelNames = kernelNames(kernels.module);
    this.#memory = memory;
    this.#weights = new PackedWeights(model, memory);
    this.invitation = { module: kernels.module, memory: memory.memory };
  }

  prepare(batch: ImageBatch, place: number): Job {
    return this.#withRoom(() => {
      const layout = this.#layoutOf(batch, 1);
      const { arenaBytes, scratchBytes } = layout.plan;
      const scratchOffset = roundUp(arenaBytes + SLACK, ALIGNMENT);
      const arena = this.#blockOf(this.#arenas, place, scratchOffset + scratchBytes);
      this.#busy.set(place, layout);
      return this.#job(batch, layout, { arena, scratch: arena + scratchOffset, together: null });
    });
  }

  layOut(batch: BatchSize): void {
    this.#withRoom(() => this.#layoutOf(batch, 1));
  }

  prepareTogether(batch: ImageBatch, threads: number): Job[] {
    return this.#withRoom(() => {
      const layout = this.#layoutOf(batch, threads);
      const { arenaBytes, scratchBytes } = layout.plan;
      const arena = this.#blockOf(this.#arenas, 0, arenaBytes);
      const scratches = Array.from({ length: threads }, (_, i) => this.#blockOf(this.#scratches, i, scratchBytes));
      const at = this.#blockOf(this.#meetings, 0, lockstepBytes(layout.calls));
      this.#lockstep = new Lockstep(this.#memory.buffer, at, { calls: layout.calls, threads });
      this.#lockstep.reset();
      this.#busy.set(0, layout);
      const job = this.#job(batch, layout, { arena, scratch: 0, together: { at, threads } });
      return scratches.map((scratch) => ({ ...job, scratch }));
    });
  }

  isSmall(batch: ImageBatch): boolean {
    const layout = this.#layouts.get(keyOf(batch, 1));
    return layout !== undefined && layout.plan.arenaBytes + layout.plan.scratchBytes <= MAX_SMALL_BYTES;
  }

  release(place: number): void {
    this.#busy.delete(place);
  }

  abandonTogether(): void {
    this.#lockstep?.abandon();
  }

  dispose(): void {
    this.#busy.clear();
    this.#dropIdle(0);
    for (const blocks of [this.#arenas, this.#scratches, this.#meetings]) {
      for (const [place, block] of blocks) this.#free(blocks, place, block);
    }
    this.#lockstep = null;
    this.#weights.dispose();
  }

  /** If memory is short, frees plans and arenas that are not in use, and tries again. */
  #withRoom<T>(attempt: () => T): T {
    try {
      return attempt();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      this.#dropIdle(0);
      for (const [place, arena] of this.#arenas) if (!this.#busy.has(place)) this.#free(this.#arenas, place, arena);
      return attempt();
    }
  }

  #job(batch: ImageBatch, { plan, calls, wanted }: Layout, at: Pick<Job, 'arena' | 'scratch' | 'together'>): Job {
    const { buffer } = this.#memory;
    new Uint8Array(buffer, at.arena + plan.pixels, batch.data.length).set(batch.data);
    return { calls, wanted, memoryBytes: buffer.byteLength, ...at };
  }

  /** @param threads the number of threads that share each call */
  #layoutOf(batch: BatchSize, threads: number): Layout {
    const key = keyOf(batch, threads);
    const layout = this.#layouts.get(key) ?? this.#lay(batch, threads);
    this.#layouts.delete(key);
    this.#layouts.set(key, layout);
    this.#dropIdle(MAX_PLANS);
    return layout;
  }

  #lay({ rows: images, height, width }: BatchSize, threads: number): Layout {
    const { taps, scores, mean, std, precision } = this.#options;
    const request = { images, height, width, taps, scores, mean, std, precision: planned(precision), threads };
    const plan = compilePlan(this.#model, request, { memory: this.#memory, weights: this.#weights });
    if (scores && plan.scores === null) {
      plan.dispose();
      throw new EngineError('UNKNOWN_OPERATION', `${this.#model.graph.output}: no kernel takes the softmax of a map`);
    }
    const output = (name: string) => plan.outputs.get(name)!;
    const wanted = { images, taps: taps.map((name) => [name, output(name)] as const), scores: plan.scores };
    return { plan, calls: callTable(plan.calls, this.#kernelNames), wanted };
  }

  /** The block of this place. It is replaced if it is too small. */
  #blockOf(blocks: Map<number, Block>, place: number, bytes: number): number {
    const block = blocks.get(place);
    if (block !== undefined && block.bytes >= bytes) return block.address;
    if (block !== undefined) this.#free(blocks, place, block);
    const address = this.#memory.allocate(bytes);
    blocks.set(place, { address, bytes });
    return address;
  }

  /** Drops the least recently used plans until `most` are left, except for plans in use. */
  #dropIdle(most: number): void {
    const inUse = new Set(this.#busy.values());
    for (const [key, layout] of this.#layouts) {
      if (this.#layouts.size <= most) return;
      if (inUse.has(layout)) continue;
      this.#layouts.delete(key);
      layout.plan.dispose();
    }
  }

  #free(blocks: Map<number, Block>, place: number, { address }: Block): void {
    blocks.delete(place);
    this.#memory.free(address);
  }
}

function keyOf({ rows, height, width }: BatchSize, threads: number): string {
  return [rows, height, width, threads].join('×');
}

/** The same program on the calling thread. */
export class OwnThreadProgram implements Program {
  readonly #shared: SimdProgram;
  readonly #computer: Computer;

  constructor(shared: SimdProgram) {
    this.#shared = shared;
    this.#computer = new Computer(shared.invitation);
  }

  async run(batch: ImageBatch): Promise<ProgramOutputs> {
    const job = this.#shared.prepare(batch, 0);
    try {
      return this.#computer.run(job)!;
    } finally {
      this.#shared.release(0);
    }
  }

  async dispose(): Promise<void> {
    this.#shared.dispose();
  }
}

/** The kernels of `reproducible` are those of another build; its plans are the same. */
function planned(precision: Precision): PlanPrecision {
  return precision === 'exact' ? precision : 'float32';
}

/** The plan of a model for `inspect --plan`: compiled, but not run. @throws EngineError `OUT_OF_MEMORY`; GraphError `IMAGE_TOO_SMALL` */
export async function describePlan(model: BoundGraph, task: PlanTask): Promise<PlanDescription> {
  const { reason } = await openKernels();
  const memory = new KernelMemory();
  const packed = new PackedWeights(model, memory);
  const plan = compilePlan(model, { ...task, scores: true }, { memory, weights: packed });
  const { images, height, width } = task;
  const { rows, arenaBytes, scratchBytes } = plan;
  return { images, height, width, rows, weightBytes: packed.bytes, arenaBytes, scratchBytes, kernels: reason };
}
