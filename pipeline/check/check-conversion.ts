/**
 * `convert --check`: the outputs of a converted network beside those of the program that it comes from, which a file has.
 * Where they differ, the error names the image, the step and both values, and the flags that would make them agree if any
 * are found.
 */

import { CodedError } from '../../base/index.js';
import type { CheckConversion } from '../../convert/index.js';
import { preparedSize } from '../../data/index.js';
import type { Checked, Preprocessing, StorageType } from '../../weights/index.js';
import { CheckError } from './check-error.js';
import { CheckFile, type CheckImage, SeenImages, type Table } from './check-file.js';
import { failureOf } from './failure.js';
import { isFedAlike } from './input-step.js';
import { agree, largestDifference } from './output-relations.js';
import { ImageRunner, type Outputs } from './run-images.js';

/** Errors about the size of an image or its channels: the preprocessing cannot be that of the program. */
const SIZE_CODES: ReadonlySet<string> = new Set([
  'IMAGES_SIZE',
  'IMAGES_TOO_LARGE',
  'IMAGES_CHANNELS',
  'IMAGE_TOO_SMALL',
]);

/**
 * A comparison for `convertCheckpoint`. The network runs on the default engine of this machine.
 *
 * @param path npz file with `image_0`, `image_1`, … (uint8, `[height, width, 3]` or `[height, width]`, any sizes),
 *   `embeddings` `[images, values]`, and, if wanted, `scores` `[images, classes]` and `inputs` `[images, channels, height,
 *   width]`, all three float32
 * @param onNotice gets a line for what the images cannot show
 * @throws CheckError (when it is called) `CHECK_FAILED` if outputs differ by more than 1e-4 of the largest value,
 *   `CHECK_INVALID` if the file is not as described, `CHECK_PROVES_NOTHING` if a wrong network could have the same outputs;
 *   EngineError, DataError, FileError
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
    isResized ||= changesSize(image, preprocessing);
  };
  const outputs = await runner.run(indices, feeding, undefined, see).catch((error: unknown) => {
    throw error instanceof CodedError && SIZE_CODES.has(error.code) ? resizeFailed(error) : error;
  });
  seen.check(file.path, file.images);
  const scores = scoresFor(file.scores, classes.length);
  const embeddings = outputs.taps.get(model.config.tap)!;
  const agrees = agree(file.embeddings, embeddings) && (scores === null || isSameScores(scores, outputs));
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

function changesSize(image: CheckImage, { resize, ...rule }: Preprocessing): boolean {
  const [height, width] = preparedSize(image, { ...rule, resize, crop: null, size: null }, 'image');
  return height !== image.height || width !== image.width;
}

function isSameScores(scores: Table, outputs: Outputs): boolean {
  return outputs.scores !== null && agree(scores, outputs.scores);
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
  const inEmbeddings = largestDifference(theirs, embeddings);
  const {
    row,
    column,
    theirs: a,
    ours: b,
    error,
  } = scores === null || !agree(theirs, embeddings) ? inEmbeddings : largestDifference(scores, ours!);
  return new CheckError(
    'CHECK_FAILED',
    `${path}: image_${row}, storage as ${dtype}: value ${column} is ${a} in the file, ${b} here, ${error.toExponential(1)} of the largest value apart, at most 1e-4. As float32 it agrees.`,
    { hint: 'Convert without --dtype.' },
  );
}

function strangeInputs({ path }: CheckFile): CheckError {
  return new CheckError(
    'CHECK_FAILED',
    `${path}: embeddings agree, but inputs are not the pixels that give them here, under any normalisation`,
    { hint: 'Save the inputs that the embeddings were computed from.' },
  );
}
