/** Tries kernels at start: a small network with known outputs, and the speed of its largest convolution. */
import { nextTurn } from '#platform';
import { roundUp, type WasmModule } from '../../../../base/wasm/index.js';
import type { BoundGraph } from '../../../../graph/index.js';
import type { PlanRow } from '../../../contract/engine-description.js';
import { TEST_IMAGES, TEST_NORMALISATION, testError, testModel, testPixels } from '../../../contract/test-network.js';
import type { KernelFunction } from '../abi.js';
import { ALIGNMENT, SLACK } from '../abi.js';
import { compilePlan } from '../compiling/compile-plan.js';
import { KernelMemory } from '../kernel-memory.js';
import { PackedWeights } from '../planning/packed-weights.js';
import type { KernelRates, Plan } from '../planning/step.js';
import {
  Computer,
  callTable,
  type Ground,
  instantiate,
  type Job,
  kernelNames,
  runCalls,
  type Wanted,
} from '../running/job.js';

/** 16 MiB: the small network needs two. */
const PAGES = 256;
/** Relative to the largest value: F(4×4) has 1e-5, a wrong kernel far more. */
const MAX_ERROR = 1e-4;
/** How often the calls are timed; the shortest time counts. */
const ROUNDS = 6;
/** A round runs them again until its clock says so much: a page without cross-origin isolation has one of 0.1 ms. */
const ROUND_MS = 1;
/** Optimised code is several times as fast as V8's first code; it comes within this time, or on a busy machine later. */
const FASTER = 1.2;
const STILL_MS = 150;

/** Ways to lay the network out: with the fewest multiplications, the same under `exact`, and without saving any. */
export type Way = 'transformed' | 'exact' | 'direct';
const WAYS: readonly Way[] = ['transformed', 'exact', 'direct'];

/** Rates that make the plan always take one way or the other. */
const TRANSFORM: KernelRates = { multiplyAdds: 1, transformFloats: 1e12 };
const DIRECT: KernelRates = { multiplyAdds: 1e12, transformFloats: 1 };

export class Trial {
  readonly #memory = new KernelMemory(PAGES);
  readonly #model: BoundGraph = testModel();
  readonly #weights = new PackedWeights(this.#model, this.#memory);
  readonly #pixels = testPixels();
  readonly #plans = new Map<Way, Plan>();
  /** Room for the largest plan so far. */
  #ground: Ground & { bytes: number } = { arena: 0, scratch: 0, bytes: 0 };

  /** Does the work that needs no module yet. */
  layOut(): void {
    for (const way of WAYS) this.#plan(way);
  }

  /** Whether the network gives the expected outputs when it is laid out in these ways. */
  isRight(module: WasmModule, ways: readonly Way[] = WAYS): boolean {
    return this.error(module, ways) <= MAX_ERROR;
  }

  /** The largest difference to the known outputs, divided by the largest of them; infinity if a kernel traps. */
  error(module: WasmModule, ways: readonly Way[] = WAYS): number {
    const plans = ways.map((way) => this.#plan(way));
    try {
      const computer = new Computer({ module, memory: this.#memory.memory });
      const names = kernelNames(module);
      return Math.max(...plans.map((plan) => this.#errorOf(plan, computer, names)));
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** Runs all in turn until none has become faster for a while: V8 optimises their code beside it, as in a page. */
  async warm(modules: readonly WasmModule[]): Promise<void> {
    const rates = modules.map(() => 0);
    for (let since = performance.now(); performance.now() - since < STILL_MS; await nextTurn()) {
      for (const [i, module] of modules.entries()) {
        const rate = this.measure(module);
        if (rate < FASTER * rates[i]!) continue;
        rates[i] = rate;
        since = performance.now();
      }
    }
  }

  /** Multiplications a second of one thread, in 6 ms or more. Call it after `isRight`, which computes the inputs. */
  measure(module: WasmModule): number {
    const kernels = instantiate(module, this.#memory.memory);
    const plan = this.#plan('direct');
    const row = measuredRow(plan);
    return (row.macsDone * plan.images) / this.#secondsOf(plan, row, kernels, kernelNames(module));
  }

  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
    this.#weights.dispose();
  }

  #plan(way: Way): Plan {
    const plan = this.#plans.get(way) ?? this.#compile(way);
    this.#plans.set(way, plan);
    return plan;
  }

  #compile(way: Way): Plan {
    const rates = way === 'direct' ? DIRECT : TRANSFORM;
    const precision = way === 'exact' ? way : 'float32';
    const request = { ...TEST_IMAGES, ...TEST_NORMALISATION, taps: [], scores: true, precision } as const;
    const plan = compilePlan(this.#model, request, { memory: this.#memory, weights: this.#weights, rates });
    const scratch = roundUp(plan.arenaBytes + SLACK, ALIGNMENT);
    const bytes = scratch + plan.scratchBytes;
    if (bytes > this.#ground.bytes) {
      if (this.#ground.bytes > 0) this.#memory.free(this.#ground.arena);
      const arena = this.#memory.allocate(bytes);
      this.#ground = { arena, scratch: arena + scratch, bytes };
    }
    return plan;
  }

  #errorOf(plan: Plan, computer: Computer, names: readonly string[]): number {
    const logits = plan.outputs.get(this.#model.graph.output)!;
    const wanted: Wanted = { images: plan.images, taps: [['logits', logits]], scores: plan.scores };
    const { arena, scratch, bytes } = this.#ground;
    const { buffer } = this.#memory;
    // Values of an earlier run must not pass for outputs.
    new Float32Array(buffer, arena, bytes / 4).fill(Number.NaN);
    new Uint8Array(buffer, arena + plan.pixels, this.#pixels.length).set(this.#pixels);
    const calls = callTable(plan.calls, names);
    const job: Job = { calls, wanted, memoryBytes: buffer.byteLength, arena, scratch, together: null };
    const { taps, scores } = computer.run(job)!;
    return testError(taps.get('logits')!.data, scores!);
  }

  /** The time that one thread takes for the measured convolution, in seconds. */
  #secondsOf(plan: Plan, { node }: PlanRow, kernels: readonly KernelFunction[], names: readonly string[]): number {
    const measured = plan.calls.filter((call) => call.node === node);
    const calls = callTable(measured, names);
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      let runs = 0;
      let ended: number;
      do {
        runCalls(kernels, calls, this.#ground);
        runs++;
        ended = performance.now();
      } while (ended - start < ROUND_MS);
      least = Math.min(least, (ended - start) / 1000 / runs);
    }
    return least;
  }
}

/** The convolution with the most work. */
function measuredRow({ rows }: Plan): PlanRow {
  return rows.reduce((most, row) => (row.macsDone > most.macsDone ? row : most));
}
