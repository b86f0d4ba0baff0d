/** The flags that choose the engine, for every command that embeds, and the embedder that they configure. */

import { printable } from '../base/index.js';
import type { Embedder } from '../engine/index.js';
import { embedderFields } from '../engine/options/index.js';
import type { CommonArgs } from './command.js';
import { type ArgsOf, flagged, valuesOf } from './flag.js';
import { notCompared, takenModel, withDownloadWords } from './given-model.js';
import { say } from './output.js';

const { threads, batch, latency, recalibrate, ...engine } = flagged(embedderFields);

export const engineFlags = { ...engine, threads, batch, latency, recalibrate };
export type EngineArgs = ArgsOf<typeof engineFlags>;

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
  const { folder, from } = await withDownloadWords(args, (words) => readyWeights(weights, words), onNotice);
  const embedder = await Embedder.load(folder, { ...valuesOf(embedderFields, args), tap, onNotice });
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
