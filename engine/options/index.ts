/** The options of an embedder, with their flags. It loads no engine, so that a help text needs none. */
import { anything, type OptionsOf, oneOf, type Settled, settle, text, toggle, whole } from '../../base/index.js';
import { BACKEND_NAMES } from '../backends/registry.js';
import { EngineError } from '../contract/engine-error.js';

export const embedderFields = {
  /**
   * PyTorch module paths of the layers whose outputs are wanted (`fc.0`, `layer4.1`), as `get_submodule` names them;
   * the first is the embedding. Default: the layer that the weights name.
   */
  tap: anything<string | readonly string[]>(),
  /** Also gives the softmax of the classes; default true. */
  scores: anything<boolean>().default(true),
  /**
   * Images computed at once. The default depends on image size, engine and free memory. It changes results by float32
   * rounding at most.
   */
  batch: whole(1).computes('Images computed at once').shows('by engine, image size and free memory'),
  /**
   * Threads of the engine; default one a core. With 0, an engine that can do so computes on the calling thread: this blocks the
   * thread, but starts soonest. On engines that compute on worker threads, results are the same, bit for bit, for any number.
   */
  threads: whole(0).computes('Threads of the engine').shows('one per core'),
  /**
   * All threads compute one batch at a time, together. This gives fewer images a second, but the first images, or a single
   * image, sooner. Default false. Only engines whose threads share memory support it. Results are the same, bit for bit.
   */
  latency: toggle()
    .default(false)
    .computes('Use all threads on one batch at a time, for fast answers on few images; not on every backend'),
  /** Default `auto`: the fastest available engine. Engines agree within float32 rounding. */
  backend: oneOf(...BACKEND_NAMES)
    .default('auto')
    .computes('Engine; auto chooses the fastest available one (see image-drift doctor)'),
  /**
   * Part of an adapter's name, or its number. Only for engines that have several devices; with `auto`, only these
   * engines are considered.
   */
  device: text().computes('Part of an adapter’s name, or its number').shows('the engine’s choice'),
  /**
   * Default `float32`. `exact` avoids convolution algorithms that lose precision for speed. `reproducible` gives the same
   * bits on every machine and in every Node; the default CPU engine has it. For `float16`, the error is
   * measured on the first images and reported through `onNotice`.
   */
  precision: oneOf('float32', 'exact', 'reproducible', 'float16')
    .default('float32')
    .computes(
      'exact: no convolution trades accuracy for speed; reproducible: the same bits everywhere, where the engine can; the error of float16 is measured and printed',
    ),
  /** Makes `auto` compare the engines again. Default false: a comparison is valid for a month. */
  recalibrate: toggle()
    .default(false)
    .computes('Compare the engines again, with --backend auto; otherwise a comparison is kept for a month'),
  /**
   * Receives messages, one line a call: which engine was taken and why, and whatever else the results do not show.
   * Default: messages are dropped.
   */
  onNotice: anything<(text: string) => void>(),
};

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
export interface EmbedderOptions extends OptionsOf<typeof embedderFields> {}

/** More threads than any machine has cores. Each takes some 150 MB. */
const MAX_THREADS = 1024;
/** Images at once. A larger number is probably a typing mistake. */
const MAX_BATCH = 65_536;

/** `EmbedderOptions` with their defaults. */
export interface EmbedderSettings
  extends Omit<Settled<typeof embedderFields>, 'batch' | 'threads' | 'device' | 'onNotice'> {
  batch: number | null;
  threads: number | null;
  device: string | null;
  notice(text: string): void;
}

/** @throws EngineError `BAD_OPTION`; CodedError `OPTION_UNKNOWN` */
export function checkOptions(options: EmbedderOptions): EmbedderSettings {
  const { batch, threads, device, onNotice, ...settled } = settle('Embedder', options, embedderFields);
  return {
    ...settled,
    batch: batch === undefined ? null : wholeNumber('batch', batch, 1, MAX_BATCH),
    threads: threads === undefined ? null : wholeNumber('threads', threads, 0, MAX_THREADS),
    device: device ?? null,
    notice: onNotice ?? (() => {}),
  };
}

function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EngineError('BAD_OPTION', `${option} is ${value}, a whole number from ${least} to ${most} is needed`);
}
