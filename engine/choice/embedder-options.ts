/** The options of an embedder, and their defaults. */

import { checkOptionNames, type OptionNames } from '../../base/index.js';
import type { BackendName } from '../backends/registry.js';
import type { Precision } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** More threads than any machine has cores. Each takes some 150 MB. */
const MAX_THREADS = 1024;
/** Images at once. A larger number is probably a typing mistake. */
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
   * the first is the embedding. Default: the layer that the weights name.
   */
  tap?: string | readonly string[] | undefined;
  /** Also gives the softmax of the classes; default true. */
  scores?: boolean | undefined;
  /**
   * Images computed at once. The default depends on image size, engine and free memory. It changes results by float32
   * rounding at most.
   */
  batch?: number | undefined;
  /**
   * Threads of the engine; default one a core. With 0, an engine that can do so computes on the calling thread: this
   * blocks the thread, but starts soonest. On engines that compute on worker threads, results are the same, bit for
   * bit, for any number.
   */
  threads?: number | undefined;
  /**
   * All threads compute one batch at a time, together. This gives fewer images a second, but the first images, or a
   * single image, sooner. Default false. Only engines whose threads share memory support it. Results are the same, bit
   * for bit.
   */
  latency?: boolean | undefined;
  /** Default `auto`: the fastest available engine. Engines agree within float32 rounding. */
  backend?: BackendName | undefined;
  /**
   * Part of an adapter's name, or its number. Only for engines that have several devices; with `auto`, only these
   * engines are considered.
   */
  device?: string | undefined;
  /**
   * Default `float32`. `exact` avoids convolution algorithms that lose precision for speed. `reproducible` gives the same
   * bits on every machine and in every Node; the default CPU engine has it. For `float16`, the error is
   * measured on the first images and reported through `onNotice`.
   */
  precision?: Precision | undefined;
  /** Makes `auto` compare the engines again. Default false: a comparison is valid for a month. */
  recalibrate?: boolean | undefined;
  /**
   * Receives messages, one line a call: which engine was taken and why, and whatever else the results do not show.
   * Default: messages are dropped.
   */
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

const NAMES: OptionNames<EmbedderOptions> = {
  tap: true,
  scores: true,
  batch: true,
  threads: true,
  latency: true,
  backend: true,
  device: true,
  precision: true,
  recalibrate: true,
  onNotice: true,
};

/** @throws EngineError `BAD_OPTION`; CodedError `OPTION_UNKNOWN` */
export function checkOptions(options: EmbedderOptions): EmbedderSettings {
  checkOptionNames('Embedder', options, NAMES);
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
