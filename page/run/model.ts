/** The model of the page: weights that were given, or a conversion, and the engine that runs it. */
import { basename, extname, listFolder } from '#platform';
import { CodedError } from '../../base/index.js';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { Embedder, type EmbedderOptions, REFERENCE } from '../../engine/index.js';
import { conversionCheck } from '../../pipeline/check/index.js';
import { inspect } from '../../pipeline/inspect/index.js';
import { contentOf, removeFile } from '../../platform/page/index.js';
import { assumptionLines, checkedWords, isWeightsFolder } from '../../weights/index.js';
import { byLabels, chosenOptions, takenValues } from './fields.js';
import { newFolder, type Placed, place } from './given.js';
import type { EngineChoice, GivenFile, ModelFacts, OwnFile } from './messages.js';
import { unzipped } from './weights-zip.js';

/** The network among several loose files; the others are its tensors. */
const NETWORKS: readonly string[] = ['.onnx', '.pth', '.pt', '.ckpt', '.bin', '.pt2', '.safetensors', '.h5', '.keras'];

export interface OpenModel {
  name: string;
  embedder: Embedder;
  /** Where the weights are. */
  folder: string;
  /** What goes with the model. */
  root: string;
  /** What the engine said since it was opened, such as that a GPU was wrong. */
  notices: readonly string[];
}

/** A model, which needs other answers. */
export class ConversionRefused extends Error {
  constructor(readonly reason: unknown) {
    super('the model needs other answers');
  }
}

/**
 * The weights are converted, if they are not weights already, and an engine is started. Nothing stays of what is refused.
 * @throws CodedError for what is no model, ConversionRefused
 */
export async function openModel(
  files: readonly (GivenFile | OwnFile)[],
  choices: Readonly<Record<string, string>>,
  check: GivenFile | null,
  engine: EngineChoice,
): Promise<{ model: OpenModel; facts: ModelFacts }> {
  if (check !== null && files.length === 0) throw withoutModel(check);
  const [given, checked, out] = [newFolder(), newFolder(), newFolder()];
  let root: string | null = null;
  try {
    const path = await networkIn(await place(given, files));
    const notices: string[] = [];
    const note = (text: string) => void notices.push(text.replace(KERNELS, ''));
    const isReady = await isWeightsFolder(path);
    if (check !== null && isReady) throw alreadyConverted(check, path);
    if (!isReady) await converted(path, out, () => optionsOf(choices, check && { file: check, folder: checked }, note));
    const folder = isReady ? path : out;
    const embedder = await Embedder.load(folder, { ...ENGINES[engine], onNotice: note });
    root = isReady ? given : out;
    const name = basename(path);
    const facts = { name, lines: linesOf(embedder), engine: engineWords(embedder), notices: notices.splice(0) };
    return {
      model: { name, embedder, folder, root, notices },
      facts: { ...facts, taken: isReady ? null : takenValues(embedder.config) },
    };
  } finally {
    for (const folder of [given, checked, out]) if (folder !== root) await removeFile(folder);
  }
}

const ENGINES: Readonly<Record<EngineChoice, EmbedderOptions>> = {
  auto: {},
  cpu: { backend: REFERENCE },
  // A browser shows one. Where it is named, it need not be fast.
  gpu: { device: '0' },
};

/** How fast kernels are says nothing of the model. */
const KERNELS = /our [^;]*GFLOP\/s[^;]*; /;

/** Only what is a model asks for other answers. */
async function converted(path: string, out: string, options: () => Promise<ConvertOptions>): Promise<void> {
  try {
    await convertCheckpoint(path, out, { ...(await options()), overwrite: true });
  } catch (error) {
    const kind = await inspect(path).then(
      (found) => found.kind,
      () => null,
    );
    if (kind === null) throw error;
    if (!(kind in OTHERS)) throw new ConversionRefused(error);
    const message = `${path}: is ${OTHERS[kind]}, not a model`;
    throw new CodedError('MODEL_UNKNOWN', message, { hint: 'Images and what is made of them go into steps 2 and 3.' });
  }
}

const OTHERS: Readonly<Record<string, string>> = {
  images: 'images',
  arrays: 'arrays',
  events: 'events',
  profile: 'a profile',
};

function withoutModel({ path }: GivenFile): CodedError {
  return new CodedError('MODEL_MISSING', `${path}: there is no model yet to compare with it`, {
    hint: 'Give the model first.',
  });
}

function alreadyConverted({ path }: GivenFile, weights: string): CodedError {
  const message = `${path}: is compared with a model while that is converted, and ${basename(weights)} has been`;
  return new CodedError('CHECK_NOT_COMPARED', message, { hint: 'Give the file that the weights were made of.' });
}

async function networkIn({ path, loose }: Placed): Promise<string> {
  if (loose.length > 0) return loose.find((file) => NETWORKS.includes(extname(file).toLowerCase())) ?? path;
  return extname(path).toLowerCase() === '.zip' ? unzipped(path) : path;
}

async function optionsOf(
  choices: Readonly<Record<string, string>>,
  check: { file: GivenFile; folder: string } | null,
  note: (text: string) => void,
): Promise<ConvertOptions> {
  const options = chosenOptions(choices);
  if (check === null) return options;
  const { path } = await place(check.folder, [check.file]);
  return { ...options, check: conversionCheck(path, note) };
}

function linesOf({ config, checked, taps }: Embedder): string[] {
  const { backbone, head, classes } = config;
  const sizes = classes.length === 0 ? 'no head' : `head ${[...head, classes.length].join('-')}`;
  const [tap] = taps;
  return [
    `${backbone}, ${sizes}`,
    `Embedding: the output of ${tap!.name}${tap!.shape === null ? '' : `, ${tap!.shape.join(' × ')} values`}`,
    ...assumptionLines(config, checked).map(byLabels),
    ...(checked === null ? [] : [checkedWords(checked)]),
  ];
}

export function engineWords({ backend, device, difference, threads }: Embedder): string {
  if (threads > 0) return `${backend}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  if (device === null || device === 'cpu') return `${backend}, without threads`;
  const agrees = difference === null ? '' : `, within ${difference.toExponential(0)} of ${REFERENCE}`;
  return `${backend}, ${device}${agrees}`;
}

/** The files of the weights folder, by the names that they have in it. */
export async function weightFiles({ folder }: OpenModel): Promise<{ name: string; content: Blob | Uint8Array }[]> {
  const files = await listFolder(folder);
  return files.map(({ name }) => ({ name, content: contentOf(`${folder}/${name}`) }));
}
