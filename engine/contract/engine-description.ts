/**
 * The facts about an engine that are known without loading it. Each engine states them once, in `description.ts` of its
 * own folder. The registry, `auto`, `doctor`, the worker threads and the command line read them there.
 */
import type { BoundGraph } from '../../graph/index.js';
import type { EngineCode, Precision } from './backend.js';
import type { OnnxFileLimits, OnnxFileRequest, OnnxFileSession } from './onnx-file.js';
import type { PlanDescription, PlanTask } from './plan-description.js';

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
  /**
   * Optional packages that bring the engine. All packages of one of these sets must be installed. Empty for an engine
   * that comes with image-drift.
   */
  readonly packages: readonly (readonly string[])[];
  /** The command that installs what is missing; null if there is nothing to install. */
  readonly howToInstall: string | null;
  /**
   * How the engine uses several cores. `workers`: it computes on the thread that calls it, so each worker thread has a
   * program. `own`: one program uses the whole device.
   */
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
  /**
   * Makes room for weights that are being read. Never rejects.
   *
   * @param bytes of the weights in float32
   * @returns gives the room up, unless it was taken
   */
  expectWeights?(bytes: number): Promise<() => void>;
  /** Describes the plan for a model, compiled but not run. For engines that plan ahead. */
  describePlan?(model: BoundGraph, task: PlanTask): Promise<PlanDescription>;
  /** Loads the engine's own code, without the packages that bring it. */
  load(): Promise<EngineCode>;
}
