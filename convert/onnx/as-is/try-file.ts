/** Runs an ONNX file once, to see which values it has, of which shape, and how many images it takes at once. */
import { CodedError } from '../../../base/index.js';
import type { OnnxFileFacts } from '../../../weights/index.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import type { OnnxSession, OnnxSessionRequest, OnnxSessionValue, OpenOnnxSession } from './runtime.js';

export interface TriedFile {
  /** Values that have a row for each image: shape of one image's, by name. In the order of the file. */
  values: Map<string, TriedValue>;
  /** As in `OnnxFileFacts`. */
  batch: number | null;
}

export interface TriedValue {
  /** Without the batch. */
  shape: readonly number[];
  isFloat: boolean;
}

export interface Trial {
  open: OpenOnnxSession;
  request: Omit<OnnxSessionRequest, 'values'>;
  height: number;
  width: number;
}

/** Values that are asked for in one run: all at once may take more memory than the network. */
const AT_ONCE = 64;
/** As many axes as a tensor may have here, and the batch. */
const MAX_RANK = 9;
/** Images of a batch that is not fixed: two, if the network takes them. */
const TRIED_ROWS = [2, 1];
/** Operators whose scale is that of the whole batch. */
const OF_BATCH = /^DynamicQuantize/;
/** How far an image may change in a batch, over the largest value: roundings do less, quantising the batch more. */
const SAME_SHARE = 1e-4;

/** @throws CodedError what the runtime says of a file that it does not run with any number of images */
export async function tryFile(trial: Trial, graph: OnnxGraph): Promise<TriedFile> {
  const outputs = graph.outputs.map(({ name }) => name);
  const session = await openAny(trial, [
    [...new Set([...valuesOfImages(graph, trial.request.facts.input), ...outputs])],
    outputs,
  ]);
  try {
    const { batch } = trial.request.facts;
    let failure: unknown = null;
    for (const rows of batch === null ? TRIED_ROWS : [batch]) {
      const values = await valuesFor(session, trial, rows).catch((error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        failure = error;
        return null;
      });
      const isUsable = values !== null && (rows === 1 || outputs.some((name) => values.has(name)));
      if (isUsable && batch === null && rows > 1) await leaveOutOthers(values, session, trial);
      if (isUsable) return { values, batch: batch ?? (rows === 1 ? 1 : null) };
    }
    if (failure !== null) throw failure;
    return { values: new Map(), batch };
  } finally {
    await session.session.close();
  }
}

/** A first axis as long as the images that were tried may be another one, such as the directions of an LSTM. */
async function leaveOutOthers(values: Map<string, TriedValue>, session: Opened, trial: Trial): Promise<void> {
  const alone = await valuesFor(session, trial, 1).catch((error: unknown) => {
    if (error instanceof CodedError) return null;
    throw error;
  });
  if (alone !== null) for (const name of values.keys()) if (!alone.has(name)) values.delete(name);
}

/** Whether images have the same values in a batch as alone. Networks that branch on values get one image at a time. */
export async function isSameInBatch(trial: Trial, { nodes }: OnnxGraph, names: readonly string[]): Promise<boolean> {
  if (nodes.some(decidesForBatch)) return false;
  const session = await trial.open({ ...trial.request, values: names });
  try {
    const both = await session.run(imagesOf(trial, 2), names);
    const alone = await session.run(imagesOf(trial, 1), names);
    return names.every((name) => isSame(both.get(name), alone.get(name)));
  } catch (error) {
    if (error instanceof CodedError) return false;
    throw error;
  } finally {
    await session.close();
  }
}

function decidesForBatch({ op, attributes }: OnnxNode): boolean {
  return OF_BATCH.test(op) || [...attributes.values()].some(({ type }) => type === 'graph');
}

function isSame(both: OnnxSessionValue | undefined, alone: OnnxSessionValue | undefined): boolean {
  if (both === undefined || alone === undefined || both.data.length !== 2 * alone.data.length) return false;
  let [difference, largest] = [0, 0];
  for (const [i, value] of alone.data.entries()) {
    difference = Math.max(difference, Math.abs(value - both.data[i]!));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference <= SAME_SHARE * largest;
}

interface Opened {
  session: OnnxSession;
  values: readonly string[];
}

/** The first list of values that the runtime can give: some have types that it has no outputs of. */
async function openAny({ open, request }: Trial, lists: readonly (readonly string[])[]): Promise<Opened> {
  let failure: unknown = null;
  for (const values of lists) {
    try {
      return { session: await open({ ...request, values }), values };
    } catch (error) {
      if (!(error instanceof CodedError) || error.code === 'BACKEND_NOT_INSTALLED') throw error;
      failure = error;
    }
  }
  throw failure;
}

async function valuesFor({ session, values }: Opened, trial: Trial, rows: number): Promise<Map<string, TriedValue>> {
  const images = imagesOf(trial, rows);
  const found = new Map<string, TriedValue>();
  for (let from = 0; from < values.length; from += AT_ONCE) {
    const given = await session.look(images, values.slice(from, from + AT_ONCE));
    for (const [name, { shape, isFloat }] of given) {
      const isOfImages =
        shape.length > 1 && shape.length <= MAX_RANK && shape[0] === rows && shape.every((size) => size > 0);
      if (isOfImages) found.set(name, { shape: shape.slice(1), isFloat });
    }
  }
  return found;
}

/** A dark slope first, then a bright pattern: each of their rows looks different. */
function imagesOf({ request: { mean }, height, width }: Trial, rows: number) {
  const size = height * width * mean.length;
  const data = Uint8Array.from({ length: rows * size }, (_, i) => (i < size ? (60 * i) / size : (i * 37) % 256));
  return { rows, height, width, data };
}

/** All values that depend on the image, but for those of subgraphs. */
function valuesOfImages({ nodes }: OnnxGraph, input: OnnxFileFacts['input']): string[] {
  const known = new Set([input]);
  for (const { inputs, outputs } of nodes) {
    if (inputs.some((name) => known.has(name))) for (const name of outputs) if (name !== '') known.add(name);
  }
  known.delete(input);
  return [...known];
}
