/** What an inference engine must offer to run a layer graph, and the data that goes in and comes out. */
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
  /** `[rows, height, width, channels]`, row-major: RGB, or as many channels as the model's `mean` has values. */
  data: Uint8Array;
}

export type BatchSize = Pick<ImageBatch, 'rows' | 'height' | 'width'>;

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

/** `exact`: float32 without algorithms that lose precision; `reproducible`: float32, the same bits on all machines. */
export type Precision = 'float32' | 'exact' | 'reproducible';
/** What a plan of kernels knows of it: whether algorithms may lose precision for speed. */
export type PlanPrecision = 'float32' | 'exact';

export interface CompileOptions {
  /** Names of the nodes whose outputs are wanted. */
  taps: readonly string[];
  /** Whether the softmax of the graph's output is wanted. */
  scores: boolean;
  /** A value a channel, in units of pixel/255: the network sees `(pixel/255 - mean) / std`. */
  mean: readonly number[];
  std: readonly number[];
  /** One of the backend's `precisions`. */
  precision: Precision;
  /** Part of an adapter's name, or its number. Left out: the backend chooses. */
  device?: string | undefined;
  /** For engines with threads of their own. Left out: the engine chooses. */
  threads?: number | undefined;
}

/** A graph prepared for one engine, with its weights uploaded. */
export interface Program {
  /** Whether the program itself reports when it computed which batch (`diagnostics.ts`). Default: no. */
  readonly tellsTimes?: boolean | undefined;
  /**
   * Runs are taken one after another. A second call is allowed before the first has ended.
   * @throws EngineError `OUT_OF_MEMORY` when this batch is too large for the engine, which stays usable; `DEVICE_LOST`
   *   when the engine is lost for good: every later run fails too
   */
  run(batch: ImageBatch): Promise<ProgramOutputs>;
  /** Prepares for batches of this size ahead. Errors come again, and are reported, with the first of them. */
  warmUp?(batch: BatchSize): void;
  /** Frees the engine's memory, after the runs under way have ended or failed. No run may follow. */
  dispose(): Promise<void>;
}

/**
 * A program whose worker threads compute in one memory, with weights and tables once. The calling thread writes images
 * to a *place* there, numbered from 0. A thread has one or two. When a thread is gone for good, the next takes its
 * places.
 */
export interface SharedProgram {
  /** The data that a thread needs once, before its first job. It can be cloned. */
  readonly invitation: unknown;
  /**
   * Writes the images to an idle place and gives the job for its thread, which can be cloned.
   * @throws EngineError `OUT_OF_MEMORY`, with the place still usable; what `Backend.compile` throws
   */
  prepare(batch: ImageBatch, place: number): unknown;
  /** Lays out weights and tables for batches of this size, as `prepare` does if need be. Throws the same errors. */
  layOut(batch: BatchSize): void;
  /** The same for a batch that the threads in the places `0` to `threads - 1` compute together, one job each. */
  prepareTogether(batch: ImageBatch, threads: number): readonly unknown[];
  /** Whether such batches are small enough for a thread to have a second place. */
  isSmall(batch: ImageBatch): boolean;
  /** Reports that the thread in this place has answered or ended. */
  release(place: number): void;
  /** Makes threads that compute a job together stop waiting for each other: one of them is gone. */
  abandonTogether(): void;
  /** Frees the memory. All threads must have ended. */
  dispose(): void;
}

/** The worker thread's side of a `SharedProgram`. */
export interface Member {
  /** Null if another thread that computed the same job has the outputs. */
  run(job: unknown): ProgramOutputs | null;
}

export interface AvailabilityOptions extends Partial<Pick<CompileOptions, 'device' | 'threads' | 'precision'>> {
  /** A software GPU is not wanted. If the computer has no other, an engine may report that without looking for one. */
  onlyHardware?: boolean | undefined;
}

export interface Availability {
  ok: boolean;
  /** One sentence: the reason why the engine cannot be used here, or how it runs. */
  reason: string;
  /** The device that it runs on, in the engine's words; null if there is none. */
  device: string | null;
  /** `software-gpu`: a GPU interface that a CPU emulates. It is correct but slow, and only used if a user names it. */
  kind: 'cpu' | 'gpu' | 'software-gpu';
  /** Driver or library below the engine, with its version. */
  driver?: string | null | undefined;
  /** The version of the package that brings the engine. */
  version?: string | null | undefined;
  /** What to run or install to get it; null if it is available, or not available for this computer. */
  howToGet?: string | null | undefined;
}

/** The code of an engine. Its name and its parallelism are in its description. */
export type EngineCode = Omit<Backend, 'name' | 'parallelism'>;

export interface Backend {
  readonly name: string;
  /** `workers`: it computes on the calling thread, so each thread has a program. `own`: one uses the whole device. */
  readonly parallelism: 'workers' | 'own';
  /** For `own` engines: the most worker threads, each with its own weights and share of cores; one on a GPU. */
  readonly mostWorkers?: number | undefined;
  /** The precisions that `CompileOptions.precision` may have. The first is the default. */
  readonly precisions: readonly Precision[];
  /** Whether another number of images compiles again; then a last partial batch is filled up. Default false. */
  readonly compilesPerBatchSize?: boolean | undefined;
  /** Never throws. If a package is missing or broken, `ok` is false, and `howToGet` says how to get it. */
  availability(options?: AvailabilityOptions): Promise<Availability>;
  /** Loads the engine before `compile` needs it: worker threads start before there is a model. */
  warmUp?(): Promise<void>;
  /**
   * @throws EngineError `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING`, `BACKEND_FAILED` when the engine cannot be started;
   *   `UNKNOWN_OPERATION` when the graph has an operation that it does not know
   */
  compile(model: BoundGraph, options: CompileOptions): Promise<Program>;
  /** For engines whose threads can share memory; throws as `compile`. Left out: each thread compiles. */
  share?(model: BoundGraph, options: CompileOptions): Promise<SharedProgram>;
  /** For engines with `share`. Called on a worker thread. */
  join?(invitation: unknown): Promise<Member>;
}
