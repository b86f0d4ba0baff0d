/** Why outputs differ: the step, the values, and what would make them agree. Looked for only once they do. */
import { printable } from '../../base/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { CheckError } from './check-error.js';
import type { CheckFile, Table } from './check-file.js';
import { type OtherFeeding, otherColours, usualResizes } from './feedings.js';
import { type InputStep, inputStep } from './input-step.js';
import { layerOf } from './layer-search.js';
import { agree, embeddingRelation, largestDifference, scoresRelation, TOLERANCE } from './output-relations.js';
import type { Feeding, ImageRunner, Outputs } from './run-images.js';

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
  const turned = await fittingFeeding(runner, turnedColours(preprocessing));
  if (turned !== null) {
    return failed(file, turned.step, values, `It agrees with the colours in the other order.${TURN_HINT}`);
  }
  return file.inputShape === null ? unknownFailure(runner, values) : networkFailure(runner, values);
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

/** The embeddings agree. */
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
async function inputFailure(
  runner: ImageRunner,
  { step, words, feeding }: InputStep,
  values: Values,
): Promise<CheckError> {
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

function networkFailure({ model, file }: ImageRunner, values: Values): CheckError {
  return failed(file, 'network', values, `The inputs agree. ${assumedHint(model.config.provenance.assumed)}`);
}

/** Without inputs: what makes the outputs agree is tried, and otherwise the step is not known. */
async function unknownFailure(runner: ImageRunner, values: Values): Promise<CheckError> {
  const { model, file } = runner;
  const { preprocessing, provenance } = model.config;
  const resizes = preprocessing.size === null ? [] : usualResizes(preprocessing, preprocessing.size);
  const found = await fittingFeeding(runner, [...resizes, ...otherColours(preprocessing)]);
  if (found !== null) return failed(file, found.step, values, `It agrees with ${found.flags}.`);
  const step = 'step not known (resize, channel order, normalisation or network)';
  return failed(file, step, values, `Save inputs, too: then the step is named. ${assumedHint(provenance.assumed)}`);
}

/** The filters may be turned that should not be, and then the inputs agree. */
function turnedColours(preprocessing: Preprocessing): OtherFeeding[] {
  return otherColours(preprocessing)
    .filter(({ isReversed }) => isReversed)
    .slice(0, 1);
}

/** The first of them with which the outputs agree. */
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
