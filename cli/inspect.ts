import { printable, publicUrl } from '../base/index.js';
import type { InspectedTap, Inspection } from '../pipeline/index.js';
import { type Command, type CommonArgs, wholeNumber } from './command.js';
import { compute } from './computing.js';
import { computing } from './flag.js';
import { withDownloadWords } from './given-model.js';
import { printJson, printLines, terminalWidth } from './output.js';
import { planJson, planTable } from './plan-table.js';
import { type ColumnArgs, cacheOption, columnChoice, columnOptions } from './shared-options.js';
import { formatTable, shapeText } from './table.js';
import { UsageError } from './usage-error.js';

interface Args extends ColumnArgs {
  path: string;
  plan: boolean;
  taps: boolean;
  size?: string;
  batch?: number;
  precision?: 'float32' | 'exact';
  tap?: string;
  cache?: string;
}

/** `--plan` shows what our own kernels do with weights; these flags belong to it. */
const PLAN_OPTIONS = ['size', 'batch', 'precision', 'tap'] as const;

export const inspect: Command<Args> = {
  usage: 'inspect <path>',
  describe:
    'What is in a checkpoint, ONNX file, model.json of TensorFlow.js, npz, events file, profile, weights folder or set of images',
  positionals: {
    path: {
      type: 'string',
      describe:
        'File or folder, or hf:org/name[@revision][/file]; images also at https:// or s3://, or - (paths or a tar on stdin)',
    },
  },
  options: {
    ...computing(columnOptions),
    ...cacheOption,
    plan: {
      computes: true,
      type: 'boolean',
      default: false,
      describe: 'Of a weights folder or a checkpoint: how our own kernels compute it, layer by layer',
    },
    taps: {
      computes: true,
      type: 'boolean',
      default: false,
      describe:
        'Of weights, a checkpoint or an ONNX file: the layers that --tap may name, with the shape for one image',
    },
    size: {
      computes: true,
      type: 'string',
      requiresArg: true,
      describe: 'With --plan: image size, HEIGHTxWIDTH',
      defaultDescription: "the model's, or 224x224",
    },
    batch: {
      computes: true,
      type: 'number',
      requiresArg: true,
      coerce: wholeNumber('batch', 1),
      describe: 'With --plan: images at once',
      defaultDescription: 'as embed on one thread',
    },
    precision: {
      computes: true,
      type: 'string',
      requiresArg: true,
      choices: ['float32', 'exact'],
      describe: 'With --plan: exact does without the transforms that cost the most accuracy',
    },
    tap: {
      list: true,
      computes: true,
      type: 'string',
      requiresArg: true,
      describe: 'With --plan: layers to take, a,b,c',
      defaultDescription: "the model's",
    },
  },
  examples: [
    ['inspect resnet18.pth', 'Tensors, and the backbone they fit'],
    ['inspect model.onnx --taps', 'Layers that can be the embedding'],
    ['inspect images.npz', 'Arrays, types, shapes'],
    ['inspect photos/', 'How many images, formats, sizes'],
    ['inspect s3://bucket/photos.tar', 'The same of a tar in a bucket'],
    ['inspect weights/ --plan --size 224x224 --batch 8', 'Kernels, multiplications and bytes of each layer'],
  ],
  readsStdin: true,
  outputs: ['cache'],
  async run(args) {
    if (args.plan) {
      const { batch, precision, tap } = args;
      const [height, width] = args.size === undefined ? [] : imageSize(args.size);
      const folder = await weightsOf(args);
      const plan = await compute('inspectPlan', folder, { height, width, batch, precision, tap: tap?.split(',') });
      return args.json ? printJson({ path: args.path, kind: 'plan', ...planJson(plan) }) : printLines(planTable(plan));
    }
    if (args.taps) {
      const taps = await compute('inspectTaps', await networkPath(args));
      return args.json ? printJson(taps) : printLines(tapTable(taps));
    }
    const stray = PLAN_OPTIONS.find((name) => args[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} says something about a plan`, 'Add --plan.');
    const inspection = await inspected(args);
    const path = publicUrl(args.path);
    if (args.json) return printJson({ path, ...inspection });
    const { inspectionText } = await import('./inspection-text.js');
    printLines(inspectionText(path, inspection, terminalWidth()));
  },
};

/** At a URL it waits more than it computes, and only this thread has stdin. */
async function inspected(args: Args & CommonArgs): Promise<Inspection> {
  const { isStdin, isUrl } = await import('../data/index.js');
  if (!isUrl(args.path) && !isStdin(args.path)) return compute('inspect', await localPath(args), columnChoice(args));
  return (await import('../pipeline/index.js')).inspect(args.path, columnChoice(args), args.cache);
}

/** Where a model of the Hugging Face Hub has been downloaded to; any other path as it is. */
async function localPath(args: Args & CommonArgs): Promise<string> {
  const { givenModel } = await import('../pipeline/weights/index.js');
  return (await withDownloadWords(args, (words) => givenModel(args.path, words))).path;
}

/** A file as it is, which needs no conversion to list its layers; otherwise a weights folder. */
async function networkPath(args: Args & CommonArgs): Promise<string> {
  const { stat } = await import('node:fs/promises');
  if ((await stat(args.path).catch(() => null))?.isFile()) return args.path;
  return weightsOf(args);
}

/** A weights folder of whatever model the path names. */
async function weightsOf(args: Args & CommonArgs): Promise<string> {
  const { readyWeights } = await import('../pipeline/weights/index.js');
  return (await withDownloadWords(args, (words) => readyWeights(args.path, words))).folder;
}

function tapTable(taps: readonly InspectedTap[]): string {
  const rows = taps.map(({ name, shape, default: isDefault }) => [
    name === '' ? "''" : printable(name),
    shapeText(shape),
    isDefault ? 'default' : '',
  ]);
  return formatTable([{ title: 'tap' }, { title: 'shape' }, { title: '' }], rows);
}

function imageSize(value: string): [height: number, width: number] {
  const [, height, width] = /^(\d{1,5})[x×](\d{1,5})$/.exec(value) ?? [];
  if (height === undefined || width === undefined) {
    throw new UsageError(`--size takes HEIGHTxWIDTH in pixels, 224x224 for instance, not ${value}`);
  }
  return [Number(height), Number(width)];
}
