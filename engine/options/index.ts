/** The options of an embedder, with their flags. It loads no engine, so that a help text needs none. */
import { anything, type OptionsOf, oneOf, type Settled, settle, text, toggle, whole } from '../../base/index.js';
import { BACKEND_NAMES } from '../backends/registry.js';
import { EngineError } from '../contract/engine-error.js';

export const embedderFields = {
  /** Layers (`fc.0`, `layer4.1`) by PyTorch's module paths, first the embedding. Default: that of the weights. */
  tap: anything<string | readonly string[]>(),
  /** Also gives the softmax of the classes; default true. */
  scores: anything<boolean>().default(true),
  /** Images computed at once; default by their size, engine and free memory. Changes float32 roundings at most. */
  batch: whole(1).computes('Images computed at once').shows('by engine, image size and free memory'),
  /**
   * Threads of the engine; default one a core. With 0, an engine may compute on the calling thread, which blocks it but
   * starts soonest. On engines that compute on worker threads, any number gives the same bits.
   */
  threads: whole(0).computes('Threads of the engine').shows('one per core'),
  /** All threads compute one batch together: fewer images a second, but the first ones sooner. Default false. */
  latency: toggle()
    .default(false)
    .computes('Use all threads on one batch at a time, for fast answers on few images; not on every backend'),
  /** Default `auto`: the fastest available engine. Engines agree within float32 rounding. */
  backend: oneOf(...BACKEND_NAMES)
    .default('auto')
    .computes('Engine; auto chooses the fastest available one (see image-drift doctor)'),
  /** Part of an adapter's name, or its number. With `auto`, only engines that have several are considered. */
  device: text().orNumber().computes('Part of an adapter’s name, or its number').shows('the engine’s choice'),
  /**
   * Default `float32`. `exact` avoids algorithms that lose precision for speed. `reproducible` gives the same bits in
   * every machine and Node, by the default CPU engine.
   */
  precision: oneOf('float32', 'exact', 'reproducible')
    .default('float32')
    .computes(
      'exact: no convolution trades accuracy for speed; reproducible: the same bits everywhere, where the engine can',
    ),
  /** Makes `auto` compare the engines again. Default false: a comparison is valid for a month. */
  recalibrate: toggle()
    .default(false)
    .computes('Compare the engines again, with --backend auto; otherwise a comparison is kept for a month'),
  /** Receives messages, one line a call, such as which engine was taken and why. Default: they are dropped. */
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
