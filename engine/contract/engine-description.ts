/** Facts about an engine that are known without loading it, from `description.ts` of its folder. */
import type { BoundGraph } from '../../graph/index.js';
import type { OnnxFileFacts } from '../../weights/index.js';
import type { EngineCode, ImageBatch, PlanPrecision, Precision } from './backend.js';

/** One point in the order in which `auto` asks: can this engine be used here? */
export interface AutoQuestion {
  /** `gpu`: the engine is taken only on a real GPU. `any`: it is taken wherever it runs, except on a software GPU. */
  on: 'gpu' | 'any';
  /** Lower ranks are asked first. The ranks of all engines together make the order. */
  rank: number;
  /** All packages of one of these sets must be installed. Left out: the engine's `packages`. */
  packages?: readonly (readonly string[])[] | undefined;
}

export interface EngineDescription<Name extends string = string> {
  readonly name: Name;
  /** Optional packages that bring the engine: all of one of these sets are needed. Empty: it comes with image-drift. */
  readonly packages: readonly (readonly string[])[];
  /** The command that installs what is missing; null if there is nothing to install. */
  readonly howToInstall: string | null;
  /** As in `Backend`. */
  readonly parallelism: 'workers' | 'own';
  /** Whether a user can choose a device of this engine. */
  readonly hasDevices: boolean;
  /** When `auto` asks for it. Empty: never. */
  readonly auto: readonly AutoQuestion[];
  /** Whether it runs ONNX files as they are, with operators that no graph has. */
  openFile?(request: OnnxFileRequest, limits: OnnxFileLimits): Promise<OnnxFileSession>;
  /** False if this computer certainly lacks the hardware. Must be cheap. Left out: the hardware may be there. */
  mayHaveHardware?(): boolean;
  /** Prepares what the first batch would wait for, while the weights are still being read. Never rejects. */
  startEarly?(precision: Precision): Promise<void>;
  /** Makes room for so many bytes of weights in float32, and gives a function that gives it up again. Never rejects. */
  expectWeights?(bytes: number): Promise<() => void>;
  /** Describes the plan for a model, compiled but not run. For engines that plan ahead. */
  describePlan?(model: BoundGraph, task: PlanTask): Promise<PlanDescription>;
  /** Loads the engine's own code, without the packages that bring it. */
  load(): Promise<EngineCode>;
}

/** One line of a plan: a node with all its calls. */
export interface PlanRow {
  node: string;
  /** The operation with everything that is fused into it: `conv2d+add+relu`. */
  operation: string;
  /** `[channels, height, width]` or `[features]`. */
  input: readonly number[];
  output: readonly number[];
  /** The kernel that computes the node, for a person: `convolution (9 regions)`. */
  kernel: string;
  calls: number;
  /** Whether the kernel computes one value after another: nobody has made it fast yet. */
  isSlow: boolean;
  /** Multiplications an image, counted from the layer as written. */
  macsWritten: number;
  /** Multiplications an image that are actually done, without the padding of panels. */
  macsDone: number;
  /** Bytes of the weights as packed. */
  weightBytes: number;
  /** Bytes of the output for the whole batch. */
  outputBytes: number;
}

/** The input of a plan: one model at one image size. */
export interface PlanTask {
  images: number;
  height: number;
  width: number;
  /** Nodes whose outputs are kept. */
  taps: readonly string[];
  /** Three channels each, in units of pixel/255. */
  mean: readonly number[];
  std: readonly number[];
  precision: PlanPrecision;
}

export interface PlanDescription {
  images: number;
  height: number;
  width: number;
  rows: readonly PlanRow[];
  /** Bytes of all packed weights, with biases. */
  weightBytes: number;
  /** Bytes of the memory that a thread computes in. */
  arenaBytes: number;
  scratchBytes: number;
  /** The kernels of this machine. If there are none: what is missing. */
  kernels: string;
}

export interface OnnxFileRequest {
  facts: OnnxFileFacts;
  bytes: Uint8Array;
  /** Names of the values that may be asked for. */
  values: readonly string[];
  mean: readonly number[];
  std: readonly number[];
}

export interface FileValue {
  /** Whether it has floating point; otherwise whole numbers of 8 or 32 bits. */
  isFloat: boolean;
  shape: readonly number[];
  data: Float32Array;
}

export interface OnnxFileSession {
  run(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>>;
  /** As `run`, but the values have no numbers. */
  look(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>>;
  close(): Promise<void>;
}

/** What a file may take; what is left out is as usual. */
export interface OnnxFileLimits {
  /** Seconds for each answer; 60. */
  seconds?: number;
  /** A share of all memory that there is; 0.75. */
  shareOfMemory?: number;
}
