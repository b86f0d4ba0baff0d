/**
 * What is known of an engine without loading it. Each engine says it once, in `description.ts` of its own folder; the
 * registry, `auto`, `doctor`, the worker threads and the command line read it there.
 */
import type { BoundGraph } from '../../graph/index.js';
import type { EngineCode } from './backend.js';
import type { PlanDescription, PlanTask } from './plan-description.js';

/** One point in the order in which `auto` asks: would this engine do here? */
export interface AutoQuestion {
  /** `gpu`: the engine is taken only on a real GPU; `any`: wherever it runs, but not on a GPU in software. */
  on: 'gpu' | 'any';
  /** Lower ranks are asked first; the ranks of all engines together are the order. */
  rank: number;
  /** One of these sets must be installed whole; left out: `packages` of the engine. */
  packages?: readonly (readonly string[])[] | undefined;
}

export interface EngineDescription<Name extends string = string> {
  readonly name: Name;
  /**
   * Optional packages that bring the engine: one of these sets must be installed whole. Empty where it comes with
   * image-drift itself.
   */
  readonly packages: readonly (readonly string[])[];
  /** Packages below the engine that come with image-drift. */
  readonly bundled?: readonly string[] | undefined;
  /** The command that installs what is missing; null where nothing can be. */
  readonly howToInstall: string | null;
  /**
   * Where the parallelism comes from: `workers`, one program a worker thread, for engines that compute on the
   * thread that calls them; `own`, one program for all, for engines that use the whole device by themselves.
   */
  readonly parallelism: 'workers' | 'own';
  /** Whether a user can name a device of it. */
  readonly hasDevices: boolean;
  /** When `auto` asks for it; empty: only where nothing else is there. */
  readonly auto: readonly AutoQuestion[];
  /**
   * The engine that takes over where this one lacks an instruction or an operation, also where this one was named.
   * `auto` asks for a substitute only where this engine is not there.
   */
  readonly substitute?: string | undefined;
  /** Plain and slow, but right: `doctor` compares the others with it. */
  readonly isReference?: boolean | undefined;
  /** False where this computer certainly lacks the hardware; must be cheap. Left out: it may have it. */
  mayHaveHardware?(): boolean;
  /** Makes ready what a first batch would wait for, while weights are still being read; never rejects. */
  startEarly?(): Promise<void>;
  /** What the engine would do for a model, compiled but not run, for engines that plan ahead. */
  describePlan?(model: BoundGraph, task: PlanTask): Promise<PlanDescription>;
  /** Loads the engine's own code, without the packages that bring it. */
  load(): Promise<EngineCode>;
}
