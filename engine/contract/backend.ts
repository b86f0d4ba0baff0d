/**
 * What an inference engine must offer to run a layer graph, and the data that goes in and comes out.
 *
 * Not for choosing one (see `backends/registry.ts`) and not for running several at once (see `workers/`).
 */
import type { BoundGraph } from '../../graph/index.js';

/**
 * Images as decoded, all of one size. Scaling and normalisation are part of the network.
 *
 * @example
 * ```ts
 * import type { ImageBatch } from 'image-drift';
 *
 * // Two black images of 32×32 pixels.
 * const batch: ImageBatch = { rows: 2, height: 32, width: 32, data: new Uint8Array(2 * 32 * 32 * 3) };
 * console.log(batch.data.length); // 6144
 * ```
 */
export interface ImageBatch {
  /** Number of images. */
  rows: number;
  /** Height of every image, pixels. */
  height: number;
  /** Width of every image, pixels. */
  width: number;
  /** `[rows, height, width, 3]`, RGB, row-major. */
  data: Uint8Array;
}

/**
 * The output of one layer for one batch, laid out as in PyTorch.
 *
 * @example
 * ```ts
 * import type { TapOutput } from 'image-drift';
 *
 * // The values of one image.
 * function rowOf({ shape, data }: TapOutput, row: number): Float32Array {
 *   const length = shape.slice(1).reduce((product, size) => product * size, 1);
 *   return data.subarray(row * length, (row + 1) * length);
 * }
 * console.log(rowOf({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, 1)); // 4, 5, 6
 * ```
 */
export interface TapOutput {
  /** `[rows, channels, height, width]` or `[rows, features]`. */
  shape: readonly number[];
  /** Row-major. */
  data: Float32Array;
}

export interface ProgramOutputs {
  /** By node name, in the order of `CompileOptions.taps`. */
  taps: ReadonlyMap<string, TapOutput>;
  /** Softmax of the logits, `[rows, classes]`; null when not asked for. */
  scores: Float32Array | null;
}

/**
 * Of weights and of what lies between the layers; images in and outputs out are the same for all. `exact` is float32
 * without the convolution algorithms that trade digits for speed.
 */
export type Precision = 'float32' | 'float16' | 'exact';

export interface CompileOptions {
  /** Names of the nodes whose outputs are wanted. */
  taps: readonly string[];
  /** Whether the softmax of the graph's output is wanted too. */
  scores: boolean;
  /** Per channel, RGB, in units of pixel/255: the network sees `(pixel/255 - mean) / std`. */
  mean: readonly number[];
  std: readonly number[];
  /** One of the backend's `precisions`. */
  precision: Precision;
  /** Part of an adapter's name, or its number; left out: the backend's own choice. */
  device?: string | undefined;
  /** For engines with threads of their own; left out: theirs to choose. */
  threads?: number | undefined;
}

/** A graph made ready for one engine, weights uploaded. */
export interface Program {
  /** Whether it tells itself when it computed what (`diagnostics.ts`); default: no. */
  readonly tellsTimes?: boolean | undefined;
  /**
   * Runs are taken one after another; calling again before the first has ended is allowed.
   *
   * @throws EngineError `OUT_OF_MEMORY` when this batch is too large for the engine, which stays usable;
   *   `DEVICE_LOST` when the engine is gone for good: every later run fails as well
   */
  run(batch: ImageBatch): Promise<ProgramOutputs>;
  /** Gives the engine's memory back, after the runs under way have ended or failed. No run may follow. */
  dispose(): Promise<void>;
}

/**
 * A program whose worker threads compute in one memory: weights and tables are laid out once, on the calling thread, and
 * images are written where they are read. A *place* is what one batch needs of that memory, numbered from 0; a thread has one
 * or two, and when it is gone for good the next one takes them.
 */
export interface SharedProgram {
  /** What a thread needs once, before its first job; can be cloned. */
  readonly invitation: unknown;
  /**
   * Writes the images to a place, whose thread computes nothing just now, and gives its job; can be cloned.
   *
   * @throws EngineError `OUT_OF_MEMORY`, with the place still usable; what `Backend.compile` throws
   */
  prepare(batch: ImageBatch, place: number): unknown;
  /** The same for one job that the threads in the places `0` to `threads - 1` compute together, one job each. */
  prepareTogether(batch: ImageBatch, threads: number): readonly unknown[];
  /** Whether memory is no reason not to have a second place for a thread that computes such batches. */
  isSmall(batch: ImageBatch): boolean;
  /** The thread in this place has answered, or is no more. */
  release(place: number): void;
  /** Threads that wait for others of a job computed together give up: one of them is gone. */
  abandonTogether(): void;
  /** When all threads have ended. */
  dispose(): void;
}

/** The other side of a `SharedProgram`, on a worker thread. */
export interface Member {
  /** Null where another thread of a job computed together has the outputs. */
  run(job: unknown): ProgramOutputs | null;
}

export interface AvailabilityOptions {
  /** As in `CompileOptions`. */
  device?: string | undefined;
  /** As in `CompileOptions`, for engines that start their threads when they are first looked at. */
  threads?: number | undefined;
  /** An emulated GPU would not do: where there is no other, an engine may say so without looking for one. */
  onlyHardware?: boolean | undefined;
}

export interface Availability {
  ok: boolean;
  /** One sentence: why it cannot be used here, or in what way it runs. */
  reason: string;
  /** The device it would run on, as the engine names it; null where there is none. */
  device: string | null;
  /** `software-gpu`: a GPU interface that a CPU emulates, right but slow; never chosen unless named. */
  kind: 'cpu' | 'gpu' | 'software-gpu';
  /** Driver or library below the engine, with its version. */
  driver?: string | null | undefined;
  /** Of the package that brings the engine. */
  version?: string | null | undefined;
  /** What makes it slower here than it could be, worth telling once; null or left out where nothing does. */
  warning?: string | null | undefined;
  /** What to run or install to get it; null where it is there, or cannot be had. */
  howToGet?: string | null | undefined;
}

/** What an engine's own code brings; its name and its kind of parallelism stand in its description. */
export type EngineCode = Omit<Backend, 'name' | 'parallelism'>;

export interface Backend {
  readonly name: string;
  /**
   * Where the parallelism comes from: `workers`, one program a worker thread, for engines that compute on the
   * thread that calls them; `own`, one program for all, for engines that use the whole device by themselves.
   */
  readonly parallelism: 'workers' | 'own';
  /**
   * For `own`, where a run holds the thread that calls it: the programs are then on worker threads, so that images are
   * read and results written meanwhile. One on a GPU; on the CPU up to this many, each with its share of the cores:
   * several small ones wait for each other less than one large one does, and each has the weights once.
   */
  readonly mostWorkers?: number | undefined;
  /** What `CompileOptions.precision` may be; the first is the default. */
  readonly precisions: readonly Precision[];
  /** Whether another number of images means compiling again: then a last partial batch is filled up. Default false. */
  readonly compilesPerBatchSize?: boolean | undefined;
  /** Never throws: a package that is missing or broken is `ok: false`, with how to get it. */
  availability(options?: AvailabilityOptions): Promise<Availability>;
  /** Loads the engine, so that `compile` need not: for worker threads, which start before there is a model. */
  warmUp?(): Promise<void>;
  /**
   * @throws EngineError `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING`, `BACKEND_FAILED` when the engine cannot be started;
   *   `UNKNOWN_OPERATION` when the graph has an operation it does not know
   */
  compile(model: BoundGraph, options: CompileOptions): Promise<Program>;
  /** For engines whose worker threads can share a memory; throws as `compile`. Without it each thread compiles. */
  share?(model: BoundGraph, options: CompileOptions): Promise<SharedProgram>;
  /** With `share`: on a worker thread. */
  join?(invitation: unknown): Promise<Member>;
}
