/** What an embedder may be asked for, and what it is when nothing is asked for. */

import type { BackendName } from '../backends/registry.js';
import type { Precision } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** More threads than any machine has cores; each takes some 150 MB. */
const MAX_THREADS = 1024;
/** Images at once; beyond this a typing mistake is likelier than a use. */
const MAX_BATCH = 65_536;

/**
 * Options of `Embedder.load` and `Embedder.create`.
 *
 * @example
 * ```ts
 * import { Embedder, type EmbedderOptions, weightsFolder } from 'image-drift';
 *
 * const options: EmbedderOptions = { tap: ['fc.0', 'layer4'], threads: 1, onNotice: (text) => console.error(text) };
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), options);
 * console.log(embedder.taps); // fc.0: [ 128 ], layer4: [ 512, 1, 1 ]
 * await embedder.close();
 * ```
 */
export interface EmbedderOptions {
  /**
   * PyTorch module paths of the layers whose outputs are wanted (`fc.0`, `layer4.1`), as `get_submodule` names them;
   * the first is the embedding. Left out: the one that the weights name.
   */
  tap?: string | readonly string[] | undefined;
  /** Whether the softmax of the classes is wanted too; default true. */
  scores?: boolean | undefined;
  /**
   * Images computed at once; default by image size, engine and free memory. Does not change results beyond float32
   * rounding.
   */
  batch?: number | undefined;
  /**
   * Threads of the engine; default one a core. 0 computes on the calling thread where an engine can, which blocks it but
   * starts soonest. On engines that compute on worker threads results are the same, bit for bit, for any number.
   */
  threads?: number | undefined;
  /**
   * All threads compute one batch at a time, together: fewer images a second, but the first ones, or a single one, sooner.
   * Default false. Only engines whose threads share a memory can; results are the same, bit for bit.
   */
  latency?: boolean | undefined;
  /** Default `auto`: the fastest that is there. Engines agree within float32 rounding. */
  backend?: BackendName | undefined;
  /** Part of an adapter's name, or its number, for engines that have several. With `auto`, only those are taken. */
  device?: string | undefined;
  /**
   * Default `float32`. `exact` takes no convolution algorithm that trades digits for speed. What `float16` costs is
   * measured on the first images and told.
   */
  precision?: Precision | undefined;
  /** Compare the engines anew, for `auto`; default false: a comparison holds for a month. */
  recalibrate?: boolean | undefined;
  /** Told which engine was taken and why, and whatever else no result shows: one line a call. Default: nobody is. */
  onNotice?: ((text: string) => void) | undefined;
}

/** `EmbedderOptions` with their defaults. */
export interface EmbedderSettings {
  tap: string | readonly string[] | undefined;
  scores: boolean;
  batch: number | null;
  threads: number | null;
  latency: boolean;
  backend: BackendName;
  device: string | null;
  precision: Precision;
  recalibrate: boolean;
  notice(text: string): void;
}

/** @throws EngineError `BAD_OPTION` */
export function checkOptions(options: EmbedderOptions): EmbedderSettings {
  const { batch, threads } = options;
  return {
    tap: options.tap,
    scores: options.scores ?? true,
    batch: batch === undefined ? null : wholeNumber('batch', batch, 1, MAX_BATCH),
    threads: threads === undefined ? null : wholeNumber('threads', threads, 0, MAX_THREADS),
    latency: options.latency ?? false,
    backend: options.backend ?? 'auto',
    device: options.device ?? null,
    precision: options.precision ?? 'float32',
    recalibrate: options.recalibrate ?? false,
    notice: options.onNotice ?? (() => {}),
  };
}

function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EngineError('BAD_OPTION', `${option} is ${value}, a whole number from ${least} to ${most} is needed`);
}
