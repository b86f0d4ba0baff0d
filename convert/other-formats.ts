/** Models that are kept as no file that is read here: what they are, and what makes one of them that is. */
import { join, latin1 } from '#platform';
import { shown } from '../base/index.js';
import { isThere } from '../files/index.js';
import { isWeightsFolder } from '../weights/index.js';
import { ConvertError } from './convert-error.js';

const FROM_KERAS =
  'Write an ONNX file, such as model.export("model.onnx", format="onnx") in Keras 3, or a model of TensorFlow.js, with tensorflowjs_converter.';
const FROM_TENSORFLOW =
  'Write an ONNX file, with tf2onnx (python -m tf2onnx.convert), or a model of TensorFlow.js, with tensorflowjs_converter.';
const OTHER_ADDRESS = 'The download asks for a login, or its address is another one. Fetch the file itself.';

/** What a file begins with, from a byte on. */
const FILES: readonly { at: number; begins: string; is: string; hint: string }[] = [
  {
    at: 0,
    begins: 'version https://git-lfs',
    is: 'a Git LFS pointer',
    hint: 'Fetch the file itself with git lfs pull.',
  },
  { at: 0, begins: '<!doctype html', is: 'a web page', hint: OTHER_ADDRESS },
  { at: 0, begins: '<html', is: 'a web page', hint: OTHER_ADDRESS },
  { at: 0, begins: '\u0089hdf\r\n', is: 'an HDF5 file, as Keras writes', hint: FROM_KERAS },
  { at: 4, begins: 'tfl3', is: 'a model of TensorFlow Lite', hint: FROM_TENSORFLOW },
  { at: 0, begins: 'gguf', is: 'a GGUF file', hint: 'Take the safetensors or the checkpoint that it was made from.' },
];
/** Bytes that tell them apart. */
export const OTHER_HEAD_BYTES = 32;

const FOLDERS: readonly { has: string; is: string; hint: string }[] = [
  { has: 'saved_model.pb', is: 'a SavedModel of TensorFlow', hint: FROM_TENSORFLOW },
  {
    has: '.metadata',
    is: 'a distributed checkpoint of PyTorch',
    hint: 'Join it first: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pth',
  },
];

/** @param head the first `OTHER_HEAD_BYTES` of a file */
export function otherFormat(head: Uint8Array): { is: string; hint: string } | null {
  const text = latin1(head).toLowerCase();
  return FILES.find(({ at, begins }) => text.startsWith(begins, at)) ?? null;
}

/** @throws ConvertError `CHECKPOINT_UNKNOWN_FORMAT` for a folder that holds no model that is read here */
export async function refuseFolder(path: string): Promise<never> {
  for (const { has, is, hint } of FOLDERS) {
    if (!(await isThere(join(path, has)))) continue;
    throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${path}: is ${is}, which is not read`, { hint });
  }
  if (await isWeightsFolder(path)) {
    throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${path}: is a weights folder, which convert makes`, {
      hint: 'It needs no conversion: give it to --weights. For other options convert the checkpoint again.',
    });
  }
  throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${path}: is a folder without a config.json or a model.json`, {
    hint: 'A folder is read as Hugging Face or TensorFlow.js keep a model. Else name the file of the checkpoint.',
  });
}

/** Files that people put into a zip, to send a model. */
const SENT = /(^|\/)(model\.json|saved_model\.pb|[^/]+\.(onnx|safetensors|pth?|ckpt))$/i;

/** What a zip is that is not torch's: a model of Keras 3, or one packed to be sent. @param names of its members */
export function zipHint(names: Iterable<string>): string | undefined {
  const there = new Set(names);
  if (there.has('config.json') && there.has('model.weights.h5')) return `It is a model of Keras. ${FROM_KERAS}`;
  const sent = [...there].find((name) => SENT.test(name));
  return sent === undefined ? undefined : `It has ${shown(sent)} in it. Unpack the zip, and convert what was in it.`;
}
