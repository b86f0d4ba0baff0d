/**
 * Kernels tried out at start: a small network whose outputs are known, laid out once with every kernel, and run by each
 * build and tile in turn; and how fast each is on its largest convolution.
 */
import type { BoundGraph } from '../bound-graph.js';
import { Computer, type Job } from './job.js';
import { KernelMemory } from './kernel-memory.js';
import { callTable, instantiate, type KernelFunction } from './kernel-table.js';
import { compilePlan } from './plan/compile-plan.js';
import type { KernelRates } from './plan/cost.js';
import { PackedWeights } from './plan/packed-weights.js';
import type { Plan, PlanRow } from './plan.js';
import type { Wanted } from './read-outputs.js';
import { runCalls } from './run-calls.js';
import { EXPECTED_LOGITS } from './self-test-expected.js';
import {
  MEASURED_TRANSFORM_FLOATS,
  TEST_IMAGES,
  TEST_NORMALISATION,
  testModel,
  testPixels,
} from './self-test-model.js';
import type { WasmModule } from './webassembly.js';

/** 16 MiB: the small network needs two. */
const PAGES = 256;
/** Relative to the largest value: F(4×4) has 1e-5, a wrong kernel far more. */
const MAX_ERROR = 1e-4;
/** How often each call is timed; the shortest time counts. */
const ROUNDS = 6;

/** Rates that make the plan take one way or the other wherever there are two. */
const TRANSFORM: KernelRates = { multiplyAdds: 1, transformFloats: 1e12 };
const DIRECT: KernelRates = { multiplyAdds: 1e12, transformFloats: 1 };

export class Trial {
  readonly #memory = new KernelMemory(PAGES);
  readonly #weights: PackedWeights;
  readonly #model: BoundGraph = testModel();
  readonly #pixels = testPixels();
  readonly #direct: Plan;
  readonly #transformed: Plan;
  readonly #exact: Plan;
  readonly #arena: number;
  readonly #scratch: number;

  constructor() {
    this.#weights = new PackedWeights(this.#model, this.#memory);
    this.#direct = this.#compile(DIRECT, false);
    this.#transformed = this.#compile(TRANSFORM, false);
    this.#exact = this.#compile(TRANSFORM, true);
    const plans = this.#plans;
    this.#arena = this.#memory.allocate(Math.max(...plans.map(({ arenaBytes }) => arenaBytes)));
    this.#scratch = this.#memory.allocate(Math.max(...plans.map(({ scratchBytes }) => scratchBytes)));
  }

  get #plans(): readonly Plan[] {
    return [this.#direct, this.#transformed, this.#exact];
  }

  /** Whether all plans give the outputs that they should. */
  isRight(module: WasmModule, tile: string): boolean {
    return this.error(module, tile) <= MAX_ERROR;
  }

  /** Largest difference to the known outputs over the largest of those; infinity where something traps. */
  error(module: WasmModule, tile: string): number {
    try {
      const computer = new Computer({ module, memory: this.#memory.memory, tile });
      return Math.max(...this.#plans.map((plan) => this.#errorOf(plan, computer)));
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** After `isRight`, so that the convolution's inputs are there; takes about a millisecond. */
  measure(module: WasmModule, tile: string): KernelRates {
    const kernels = instantiate(module, this.#memory.memory, tile);
    const direct = this.#secondsOf(this.#direct, kernels);
    const multiplyAdds = macsOf(this.#direct) / direct;
    // What is left of the other way when its products are taken off.
    const transformed = this.#secondsOf(this.#transformed, kernels);
    const transforms = Math.max(transformed - macsOf(this.#transformed) / multiplyAdds, transformed / 10);
    return { multiplyAdds, transformFloats: MEASURED_TRANSFORM_FLOATS / transforms };
  }

  dispose(): void {
    for (const plan of this.#plans) plan.dispose();
    this.#weights.dispose();
  }

  #compile(rates: KernelRates, exact: boolean): Plan {
    const request = { ...TEST_IMAGES, ...TEST_NORMALISATION, taps: [], scores: true, exact };
    return compilePlan(this.#model, request, { memory: this.#memory, weights: this.#weights, rates });
  }

  #errorOf(plan: Plan, computer: Computer): number {
    const logits = plan.outputs.get(this.#model.graph.output)!;
    const wanted: Wanted = { images: plan.images, taps: [['logits', logits]], logits: null };
    const [arena, scratch] = [this.#arena, this.#scratch];
    const { buffer } = this.#memory;
    // What an earlier run left there must not pass for an output.
    new Float32Array(buffer, arena, plan.arenaBytes / 4).fill(Number.NaN);
    new Uint8Array(buffer, arena + plan.pixels, this.#pixels.length).set(this.#pixels);
    const job: Job = {
      calls: callTable(plan.calls),
      wanted,
      memoryBytes: buffer.byteLength,
      arena,
      scratch,
      together: null,
    };
    const { data } = computer.run(job)!.taps.get('logits')!;
    return relativeError(data);
  }

  /** Of the convolution that is measured, on one thread. */
  #secondsOf(plan: Plan, kernels: readonly KernelFunction[]): number {
    const { node } = measuredRow(plan);
    const calls = callTable(plan.calls.filter((call) => call.node === node));
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      runCalls(kernels, calls, { arena: this.#arena, scratch: this.#scratch });
      least = Math.min(least, (performance.now() - start) / 1000);
    }
    return least;
  }
}

/** The convolution with the most work. */
function measuredRow({ rows }: Plan): PlanRow {
  return rows.reduce((most, row) => (row.macsDone > most.macsDone ? row : most));
}

function macsOf(plan: Plan): number {
  return measuredRow(plan).macsDone * plan.images;
}

/** Not a number counts as infinite. */
function relativeError(logits: Float32Array): number {
  if (logits.length !== EXPECTED_LOGITS.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...EXPECTED_LOGITS.map(Math.abs));
  const errors = EXPECTED_LOGITS.map((expected, i) => Math.abs(logits[i]! - expected) / largest);
  return errors.every(Number.isFinite) ? Math.max(...errors) : Number.POSITIVE_INFINITY;
}
