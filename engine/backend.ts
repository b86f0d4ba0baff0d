/**
 * What an inference engine must offer to run a layer graph, and the data that goes in and comes out.
 *
 * Not for choosing one (see `backends/registry.ts`) and not for running several at once (see `pool/`).
 */
import type { BoundGraph } from './bound-graph.js';

/** Images as decoded: no scaling, no normalisation; that is part of the program. */
export interface ImageBatch {
  rows: number;
  /** Pixels. */
  height: number;
  width: number;
  /** `[rows, height, width, 3]`, RGB, row-major. */
  data: Uint8Array;
}

/** The output of one layer for one batch, laid out as PyTorch would give it. */
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

export interface CompileOptions {
  /** Names of the nodes whose outputs are wanted. */
  taps: readonly string[];
  /** Whether the softmax of the graph's output is wanted too. */
  scores: boolean;
  /** Per channel, RGB, in units of pixel/255: the network sees `(pixel/255 - mean) / std`. */
  mean: readonly number[];
  std: readonly number[];
}

/** A graph made ready for one engine, weights uploaded. */
export interface Program {
  /** Runs are taken one after another; calling again before the first has ended is allowed. */
  run(batch: ImageBatch): Promise<ProgramOutputs>;
  /** Gives the engine's memory back, after the runs under way have ended or failed. No run may follow. */
  dispose(): Promise<void>;
}

export interface Availability {
  ok: boolean;
  /** One sentence: why it cannot be used here, or in what way it runs. */
  reason: string;
  /** The device it would run on, as the engine names it; null where there is none. */
  device: string | null;
}

export interface Backend {
  readonly name: string;
  /**
   * Where the parallelism comes from: `workers`, one program a worker thread, for engines that compute on the
   * thread that calls them; `internal`, one program for all, for engines that use the whole device by themselves.
   */
  readonly parallelism: 'workers' | 'internal';
  available(): Promise<Availability>;
  /** @throws EngineError when the engine cannot be started or the graph has an operation it does not know */
  compile(model: BoundGraph, options: CompileOptions): Promise<Program>;
}
