/**
 * `convert --check`: a converted network's outputs beside those of the program that it comes from, in a file. An error
 * names the image, the step, both values, and the flags that would make them agree if any are found.
 */

import { CodedError, printable } from '../../base/index.js';
import type { CheckConversion } from '../../convert/index.js';
import { preparedSize } from '../../data/index.js';
import type { Checked, Preprocessing, StorageType } from '../../weights/index.js';
import { CheckError } from './check-error.js';
import { CheckFile, type CheckImage, SeenImages, type Table } from './check-file.js';
import { type Feeding, ImageRunner, type OtherFeeding, type Outputs, otherColours, usualResizes } from './feedings.js';
import { type InputStep, inputStep, isFedAlike } from './input-step.js';
import { agree, embeddingRelation, largestDifference, layerOf, scoresRelation, TOLERANCE } from './output-relations.js';

/** Errors about the size of an image or its channels: the preprocessing cannot be that of the program. */
const SIZE_CODES = ['IMAGES_SIZE', 'IMAGES_TOO_LARGE', 'IMAGES_CHANNELS', 'IMAGE_TOO_SMALL'];

/**
 * A comparison for `convertCheckpoint`. The network runs on the default engine of this machine.
 *
 * @param path npz file with `image_0`, `image_1`, … (uint8, `[height, width, 3]` or `[height, width]`, any sizes),
 *   `embeddings` `[images, values]`, and, if wanted, `scores` `[images, classes]` and `inputs` `[images, channels, height,
 *   width]`, all three float32
 * @param onNotice gets a line for what the images cannot show
 * @throws CheckError (when it is called) `CHECK_FAILED` if outputs differ by more than 1e-4 of the largest value,
 *   `CHECK_INVALID` if the file is not as described, `CHECK_PROVES_NOTHING` if a wrong network could have the same
 *   outputs; EngineError, DataError, FileError
 *
 * @example
 * ```ts no_run
 * import { convertCheckpoint } from 'image-drift';
 * import { conversionCheck } from 'image-drift/pipeline';
 *
 * const { checked } = await convertCheckpoint('model.pth', 'weights/mine', { check: conversionCheck('check.npz') });
 * console.log(checked?.embedding_error); // 3e-7
 * ```
 */
export function conversionCheck(path: string, onNotice: (text: string) => void = () => {}): CheckConversion {
  return async (model, dtype) => {
    const file = await CheckFile.open(path);
    const runner = new ImageRunner(model, file);
    try {
      return await compared(runner, dtype, onNotice);
    } finally {
      await runner.close();
      await file.close();
    }
  };
}

async function compared(runner: ImageRunner, dtype: StorageType, onNotice: (text: string) => void): Promise<Checked> {
  const { model, file } = runner;
  const { preprocessing, classes } = model.config;
  const seen = new SeenImages();
  let isResized = preprocessing.resize === null;
  const indices = Array.from({ length: file.images }, (_, i) => i);
  const feeding = { preprocessing, isReversed: false };
  const see = (image: CheckImage) => {
    seen.add(image);
    if (isResized) return;
    const [height, width] = preparedSize(image, { ...preprocessing, crop: null, size: null }, 'image');
    isResized = height !== image.height || width !== image.width;
  };
  const outputs = await runner.run(indices, feeding, undefined, see).catch((error: unknown) => {
    throw error instanceof CodedError && SIZE_CODES.includes(error.code) ? resizeFailed(error) : error;
  });
  seen.check(file.path, file.images);
  const scores = scoresFor(file.scores, classes.length);
  const embeddings = outputs.taps.get(model.config.tap)!;
  const isSame = scores === null || (outputs.scores !== null && agree(scores, outputs.scores));
  const agrees = isSame && agree(file.embeddings, embeddings);
  if (!agrees && dtype !== 'float32') throw roundingFailed(file, embeddings, outputs, scores, dtype);
  if (!agrees) throw await failureOf(runner, outputs, scores);
  file.checkScores();
  const hasInputs = file.inputShape !== null;
  if (hasInputs && !(await isFedAlike(file, preprocessing))) throw strangeInputs(file);
  if (preprocessing.mean.length === 3 && !seen.hasColour) {
    onNotice(`${file.path}: all images are gray, so the order of the colours was not compared.`);
  }
  if (!isResized) onNotice(`${file.path}: no image had to be resized, so the resize was not compared.`);
  return {
    images: file.images,
    embedding_error: largestDifference(file.embeddings, embeddings).error,
    scores_error: scores === null ? null : largestDifference(scores, outputs.scores!).error,
    preprocessing: hasInputs && isResized ? 'compared' : 'not compared',
    sha256: file.sha256,
  };
}

/** One output of two classes is the probability of the second. */
function scoresFor(scores: Table | null, classes: number): Table | null {
  if (scores === null || scores.columns !== 1 || classes !== 2) return scores;
  const both = Float32Array.from({ length: 2 * scores.rows }, (_, i) => {
    const second = scores.data[Math.floor(i / 2)]!;
    return i % 2 === 0 ? 1 - second : second;
  });
  return { rows: scores.rows, columns: 2, data: both };
}

function resizeFailed(error: CodedError): CheckError {
  return new CheckError('CHECK_FAILED', `${error.message}: the resize differs from that of the program`, {
    hint: error.hint ?? 'Convert with the --size, --resize and --crop of the program.',
    cause: error,
  });
}

function roundingFailed(
  { path, embeddings: theirs }: CheckFile,
  embeddings: Table,
  { scores: ours }: Outputs,
  scores: Table | null,
  dtype: StorageType,
): CheckError {
  const isOfEmbeddings = scores === null || !agree(theirs, embeddings);
  const found = isOfEmbeddings ? largestDifference(theirs, embeddings) : largestDifference(scores, ours!);
  const values = `value ${found.column} is ${found.theirs} in the file, ${found.ours} here`;
  return new CheckError(
    'CHECK_FAILED',
    `${path}: image_${found.row}, storage as ${dtype}: ${values}, ${found.error.toExponential(1)} of the largest value apart, at most 1e-4. As float32 it agrees.`,
    { hint: 'Convert without --dtype.' },
  );
}

function strangeInputs({ path }: CheckFile): CheckError {
  const message = `${path}: embeddings agree, but inputs are not the pixels that give them here, under any normalisation`;
  return new CheckError('CHECK_FAILED', message, { hint: 'Save the inputs that the embeddings were computed from.' });
}

/** Images that other layers and other preprocessing are tried on. */
const TRIED = 8;

/** @param scores of the program, two columns for one output of two classes */
export async function failureOf(runner: ImageRunner, outputs: Outputs, scores: Table | null): Promise<CheckError> {
  const { model, file } = runner;
  const { tap, preprocessing } = model.config;
  const ours = outputs.taps.get(tap)!;
  if (agree(file.embeddings, ours)) return scoresFailure(runner, outputs, scores!);
  const values = difference('embeddings', file.embeddings, ours);
  // Embeddings that follow from these are of the same images and inputs.
  const relation = embeddingRelation(file.embeddings, ours);
  if (relation !== null) return embeddingFailure(file, values, relation);
  if (file.inputShape !== null) {
    const step = await inputStep(file, preprocessing);
    if (step !== null) return inputFailure(runner, step, values);
  }
  const few = firstRows(file.embeddings, TRIED);
  const layer = await layerOf(runner, indicesOf(few), few);
  if (layer !== null) return embeddingFailure(file, values, layer);
  // The filters may be turned that should not be, and then the inputs agree.
  const reversed = otherColours(preprocessing).filter(({ isReversed }) => isReversed);
  const turned = await fittingFeeding(runner, reversed.slice(0, 1));
  if (turned !== null) {
    return failed(file, turned.step, values, `It agrees with the colours in the other order.${TURN_HINT}`);
  }
  if (file.inputShape === null) return unknownFailure(runner, values);
  return failed(file, 'network', values, `The inputs agree. ${assumedHint(model.config.provenance.assumed)}`);
}

const TURN_HINT = ' Give --channel-order bgr, or where it was given, leave it out.';

function embeddingFailure(file: CheckFile, values: Values, relation: string): CheckError {
  return failed(file, 'network, embedding', values, `The embeddings in the file are ${relation}.`);
}

interface Values {
  image: number;
  words: string;
}

function difference(name: string, theirs: Table, ours: Table): Values {
  if (theirs.columns !== ours.columns) {
    return { image: 0, words: `${name} have ${theirs.columns} values in the file, ${ours.columns} here` };
  }
  const { row, column, theirs: a, ours: b, error } = largestDifference(theirs, ours);
  const apart = `${error.toExponential(1)} of the largest value apart, at most ${TOLERANCE.toExponential()}`;
  return {
    image: row,
    words: `${name}[${row}, ${column}] is ${a.toPrecision(6)} in the file, ${b.toPrecision(6)} here, ${apart}`,
  };
}

function failed({ path }: CheckFile, step: string, { image, words }: Values, hint: string): CheckError {
  return new CheckError('CHECK_FAILED', `${path}: image_${image}, ${step}: ${words}`, { hint });
}

function scoresFailure({ model, file }: ImageRunner, { scores: ours }: Outputs, theirs: Table): CheckError {
  const { classes, provenance } = model.config;
  const step = 'network, scores';
  if (ours === null || ours.columns !== theirs.columns) {
    const here = classes.length === 0 ? 'no classes' : `${classes.length} classes`;
    const words = `scores have ${theirs.columns} columns in the file, ${here} here`;
    return failed(file, step, { image: 0, words }, `The embeddings agree. ${assumedHint(provenance.assumed)}`);
  }
  const values = difference('scores', theirs, ours);
  const relation = scoresRelation(theirs, ours, classes);
  const hint = relation === null ? assumedHint(provenance.assumed) : `The scores in the file are ${relation}.`;
  return failed(file, step, values, `The embeddings agree. ${hint}`);
}

/** The inputs differ. Whether the network does, too, shows where they can be made here. */
async function inputFailure(runner: ImageRunner, { step, words, feeding }: InputStep, values: Values) {
  const { file, model } = runner;
  const input = { image: 0, words };
  if (feeding === null) {
    const hint = step === 'resize' ? resizeHint(model.config.preprocessing) : 'Is it the same network?';
    return failed(file, step, input, hint);
  }
  const turn = feeding.isReversed
    ? ' Where --channel-order bgr was given, leave it out. The images in the file must be red, green, blue.'
    : '';
  if (await fits(runner, feeding)) return failed(file, step, input, `It agrees with ${feeding.flags}.${turn}`);
  const hint = `The inputs in the file are those of ${feeding.flags}.${turn} With them the network differs, too: ${values.words}.`;
  return failed(file, `${step} and network`, input, hint);
}

async function unknownFailure(runner: ImageRunner, values: Values): Promise<CheckError> {
  const { model, file } = runner;
  const { preprocessing, provenance } = model.config;
  const resizes = preprocessing.size === null ? [] : usualResizes(preprocessing, preprocessing.size);
  const found = await fittingFeeding(runner, [...resizes, ...otherColours(preprocessing)]);
  if (found !== null) return failed(file, found.step, values, `It agrees with ${found.flags}.`);
  const step = 'step not known (resize, channel order, normalisation or network)';
  return failed(file, step, values, `Save inputs, too: then the step is named. ${assumedHint(provenance.assumed)}`);
}

async function fittingFeeding(runner: ImageRunner, others: readonly OtherFeeding[]): Promise<OtherFeeding | null> {
  for (const other of others) if (await fits(runner, other)) return other;
  return null;
}

async function fits(runner: ImageRunner, feeding: Feeding): Promise<boolean> {
  const few = firstRows(runner.file.embeddings, TRIED);
  const { taps } = await runner.run(indicesOf(few), feeding);
  return agree(few, taps.get(runner.model.config.tap)!);
}

function resizeHint({ resize, size }: Preprocessing): string {
  const side = typeof resize === 'number' ? [resize, resize] : (resize ?? size);
  const unchanged = side === null ? 'any size' : `${side.join('×')} pixels`;
  return (
    `None of the resizes that were tried gives these inputs. If another library resizes, save images of ${unchanged}, which are not resized; ` +
    'otherwise see --resize, --resize-mode, --interpolation and --crop.'
  );
}

function assumedHint(assumed: readonly string[] = []): string {
  if (assumed.length === 0) return 'Nothing was assumed of the network: is it the same checkpoint, in eval mode?';
  return `Assumed: ${printable(assumed.join('; '))}.`;
}

function firstRows({ rows, columns, data }: Table, most: number): Table {
  const count = Math.min(rows, most);
  return { rows: count, columns, data: data.subarray(0, count * columns) };
}

function indicesOf({ rows }: Table): number[] {
  return Array.from({ length: rows }, (_, i) => i);
}
