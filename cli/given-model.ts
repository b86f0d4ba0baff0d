/** The model of a command and its engine; what is said while it comes from the Hub or is converted on the way. */
import { printable, shellWord } from '../base/index.js';
import type { Embedder } from '../engine/index.js';
import { embedderFields } from '../engine/options/index.js';
import type { ImageOptions } from '../pipeline/options/index.js';
import type { GivenModel, GivenModelOptions } from '../pipeline/weights/index.js';
import { assumptionLines, type Checked, checkedWords, type ModelConfig, type Preprocessing } from '../weights/index.js';
import type { CommonArgs } from './command.js';
import { type ArgsOf, flagged, valuesOf } from './flag.js';
import { Progress } from './heartbeat.js';
import { ourCommand, say } from './output.js';

/** Gives `work` options that show downloads. @param onNotice default: to stderr, unless `--quiet` or `--json` */
export async function withDownloadWords<T>(
  { quiet, json, offline }: CommonArgs,
  work: (options: GivenModelOptions) => Promise<T>,
  onNotice = (text: string) => say(quiet || json, text),
): Promise<T> {
  const progress = new Progress(quiet || json);
  const kilo = (bytes: number) => Math.round(bytes / 1000);
  try {
    return await work({
      offline,
      onProgress: (file, done, total) => progress.update(`downloading ${file}`, kilo(done), kilo(total), 'kB'),
      onNotice: (text) => {
        progress.end();
        onNotice(text);
      },
    });
  } finally {
    progress.end();
  }
}

/** The lines about a model that a command has converted on its way: network, embedding layer, preprocessing. */
function takenModel(text: string, { commit }: GivenModel, config: ModelConfig, tap: string): string[] {
  const at = commit === null ? '' : ` (${commit.slice(0, 10)})`;
  return [
    `${printable(text)}${at}: ${config.backbone}, embedding: the output of ${printable(tap)}, input: ${describePreprocessing(config.preprocessing)}`,
    ...assumptionLines(config, null),
  ];
}

/**
 * What is said once of a conversion that assumed something and was not compared.
 * @param text the checkpoint @param flags those of the conversion, as far as they are known
 */
export function notCompared(text: string, flags = '--out FOLDER'): string {
  const command = ourCommand(`convert ${shellWord(printable(text))} ${flags} --check check.npz`);
  return `Not compared with its own program: ${command}; ${ourCommand('convert --check-script torch')} (or transformers, timm, tensorflow) prints what writes check.npz.`;
}

export function checkedText(checked: Checked): string {
  const { images, embedding_error: embedding, scores_error: scores, preprocessing } = checked;
  const parts = [
    `${images} images`,
    `embeddings ${errorText(embedding)}`,
    scores === null ? 'scores not compared' : `scores ${errorText(scores)}`,
    `preprocessing ${preprocessing}`,
  ];
  return `${checkedWords(checked)} (${parts.join(', ')})`;
}

function errorText(error: number): string {
  return error === 0 ? '0' : error.toExponential(1);
}

export function describePreprocessing(preprocessing: Preprocessing): string {
  const { range, size, crop, border, orientation, mean, std } = preprocessing;
  const steps = [
    range === undefined ? null : `values ${range.join(' to ')} of 16 bits`,
    orientation === 'apply' ? 'turned as the camera says' : null,
    describeResize(preprocessing),
    crop === null ? null : `centre ${crop.join('×')}${border === undefined ? '' : `, border ${border.join(' ')}`}`,
    size === null ? 'any size' : `${size.join('×')} pixels`,
    `mean ${mean.join(' ')}`,
    `std ${std.join(' ')}`,
  ];
  return steps.filter((step) => step !== null).join(', ');
}

function describeResize({ resize, mode, interpolation = 'bilinear' }: Preprocessing): string | null {
  if (resize === null) return null;
  const isSide = typeof resize === 'number';
  const target = isSide ? String(resize) : resize.join('×');
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  const what = { shortest: isSide ? 'shorter side to' : 'covering', longest: 'fitted into', exact: 'resized to' };
  return `${what[chosen]} ${target} (${interpolation})`;
}

const { threads, batch, latency, recalibrate, ...engine } = flagged(embedderFields);

export const engineFlags = { ...engine, threads, batch, latency, recalibrate };
export type EngineArgs = ArgsOf<typeof engineFlags>;

interface LoadOptions {
  tap?: string | readonly string[] | undefined;
  /** Receives notices about model and engine. Default: writes to stderr, unless `--quiet` or `--json` is given. */
  onNotice?: ((text: string) => void) | undefined;
}

/**
 * Loads the embedder. With `--json` stderr only ever has an error, so that programs can parse it.
 * @param weights a weights folder, a bundled model's name, a checkpoint, or a model on the Hugging Face Hub
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

/** Looks at the first images, before anything is downloaded, converted, loaded or measured. @throws as `askDepthAt` */
export async function askDepth(
  weights: string,
  images: readonly string[],
  options: Pick<ImageOptions, 'images' | 'layout' | 'pixels' | 'depth'>,
): Promise<void> {
  const [{ askDepthAt }, { readDescription }] = await Promise.all([
    import('../data/index.js'),
    import('../weights/index.js'),
  ]);
  const range = (await readDescription(weights))?.config.preprocessing.range;
  await askDepthAt(images, { ...options, range });
}

/** One line where something was assumed and nothing compared; a conversion that happened here has said what. */
function notComparedLines({ config, checked }: Embedder, weights: string, isConvertedHere: boolean): string[] {
  const { assumed = [], source } = config.provenance;
  if (checked !== null || assumed.length === 0) return [];
  if (isConvertedHere) return [notCompared(weights)];
  return [
    `Assumed of ${printable(weights)}: ${printable(assumed.join('; '))}. ${notCompared(source, '--out FOLDER [the flags of the first time]')}`,
  ];
}

/** The backend with its threads or its device: `cpu, 2 threads`. */
export function engineName({ backend, device, threads }: Pick<Embedder, 'backend' | 'device' | 'threads'>): string {
  if (threads === 0) return device === null || device === 'cpu' ? backend : `${backend}, ${device}`;
  return `${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
