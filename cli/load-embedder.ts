/** The flags that choose the engine, for every command that embeds, and the embedder that they configure. */

import { printable } from '../base/index.js';
import { BACKEND_NAMES, type BackendName } from '../engine/backends/index.js';
import type { Embedder, Precision } from '../engine/index.js';
import { type CommonArgs, wholeNumber } from './command.js';
import { computing, type Flags } from './flag.js';
import { notCompared, takenModel, withDownloadWords } from './given-model.js';
import { say } from './output.js';

export interface EngineArgs {
  backend: BackendName;
  device?: string;
  precision: Precision;
  threads?: number;
  batch?: number;
  latency: boolean;
  recalibrate: boolean;
}

export const engineOptions: Flags = computing({
  backend: {
    type: 'string',
    choices: BACKEND_NAMES,
    default: 'auto',
    describe: 'Engine; auto chooses the fastest available one (see image-drift doctor)',
  },
  device: {
    type: 'string',
    requiresArg: true,
    describe: 'Part of an adapter’s name, or its number',
    defaultDescription: 'the engine’s choice',
  },
  precision: {
    type: 'string',
    choices: ['float32', 'exact', 'reproducible', 'float16'],
    default: 'float32',
    describe:
      'exact: no convolution trades accuracy for speed; reproducible: the same bits everywhere, where the engine can; the error of float16 is measured and printed',
  },
  threads: {
    type: 'number',
    requiresArg: true,
    describe: 'Threads of the engine',
    defaultDescription: 'one per core',
    coerce: wholeNumber('threads', 0),
  },
  batch: {
    type: 'number',
    requiresArg: true,
    describe: 'Images computed at once',
    defaultDescription: 'by engine, image size and free memory',
    coerce: wholeNumber('batch', 1),
  },
  latency: {
    type: 'boolean',
    default: false,
    describe: 'Use all threads on one batch at a time, for fast answers on few images; not on every backend',
  },
  recalibrate: {
    type: 'boolean',
    default: false,
    describe: 'Compare the engines again, with --backend auto; otherwise a comparison is kept for a month',
  },
});

export interface LoadOptions {
  tap?: string | readonly string[] | undefined;
  /** Receives notices about the model and the engine. Default: writes to stderr, unless `--quiet` or `--json` is given. */
  onNotice?: ((text: string) => void) | undefined;
}

/**
 * Loads the embedder. With `--json` stderr only ever has an error, so programs can parse it.
 *
 * @param weights a weights folder, the name of a bundled model, a checkpoint, or a model on the Hugging Face Hub
 */
export async function loadEmbedder(
  args: EngineArgs & CommonArgs,
  weights: string,
  { tap, onNotice = (text) => say(args.quiet || args.json, text) }: LoadOptions = {},
): Promise<Embedder> {
  const [{ Embedder }, { readyWeights }] = await Promise.all([
    import('../engine/index.js'),
    import('../pipeline/weights/index.js'),
  ]);
  const { backend, device, precision, threads, batch, latency, recalibrate } = args;
  const options = { backend, device, precision, threads, batch, latency, recalibrate, tap, onNotice };
  const { folder, from } = await withDownloadWords(args, (words) => readyWeights(weights, words), onNotice);
  const embedder = await Embedder.load(folder, options);
  if (from !== null) {
    const tapped = embedder.taps.map(({ name }) => name).join(', ');
    for (const line of takenModel(weights, from, embedder.config, tapped)) onNotice(line);
  }
  for (const line of notComparedLines(embedder, weights, from !== null)) onNotice(line);
  return embedder;
}

/** One line where something was assumed and nothing compared; a conversion that happened here has said what. */
function notComparedLines({ config, checked }: Embedder, weights: string, isConvertedHere: boolean): string[] {
  const { assumed = [], source } = config.provenance;
  if (checked !== null || assumed.length === 0) return [];
  if (isConvertedHere) return [notCompared(weights)];
  return [`Assumed of ${printable(weights)}: ${printable(assumed.join('; '))}. ${notCompared(source)}`];
}

/** The backend with its threads or its device: `cpu, 2 threads`. */
export function engineName({ backend, device, threads }: Pick<Embedder, 'backend' | 'device' | 'threads'>): string {
  if (threads === 0) return device === null || device === 'cpu' ? backend : `${backend}, ${device}`;
  return `${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
