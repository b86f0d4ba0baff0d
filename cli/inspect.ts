import { printable, publicUrl } from '../errors/index.js';
import type { InspectedTap, Inspection } from '../pipeline/index.js';
import { type Command, type CommonArgs, wholeNumber } from './command.js';
import { compute } from './computing.js';
import { withDownloadWords } from './given-model.js';
import { printJson, printLines } from './output.js';
import { planJson, planTable } from './plan-table.js';
import { type ColumnArgs, cacheOption, columnChoice, columnOptions } from './shared-options.js';
import { formatTable } from './table.js';
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
    ...columnOptions,
    ...cacheOption,
    plan: {
      type: 'boolean',
      default: false,
      describe: 'Of a weights folder or a checkpoint: how our own kernels compute it, layer by layer',
    },
    taps: {
      type: 'boolean',
      default: false,
      describe:
        'Of weights, a checkpoint or an ONNX file: the layers that --tap may name, with the shape for one image',
    },
    size: {
      type: 'string',
      requiresArg: true,
      describe: 'With --plan: image size, HEIGHTxWIDTH',
      defaultDescription: "the model's, or 224x224",
    },
    batch: {
      type: 'number',
      requiresArg: true,
      coerce: wholeNumber('batch', 1),
      describe: 'With --plan: images at once',
      defaultDescription: 'as embed on one thread',
    },
    precision: {
      type: 'string',
      requiresArg: true,
      choices: ['float32', 'exact'],
      describe: 'With --plan: exact does without the transforms that cost the most accuracy',
    },
    tap: {
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
    printLines(`${printable(path)}: ${describe(inspection)}`);
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

function describe(found: Inspection): string {
  switch (found.kind) {
    case 'checkpoint':
      return lines(`checkpoint (${found.format}), sha256 ${found.sha256}`, [
        found.network
          ? `fits ${found.network.backbone}, ${headText(found.network.head, found.network.classes)}`
          : `is not converted: ${printable(found.reason ?? '')}`,
        '',
        formatTable(
          [{ title: 'tensor' }, { title: 'type' }, { title: 'shape' }],
          found.tensors.map(({ name, dtype, shape }) => [name, dtype, shapeText(shape)]),
        ),
      ]);
    case 'onnx':
      return lines(
        `ONNX (opset ${found.opset}, IR ${found.irVersion}, ${printable(found.producer)}), sha256 ${found.sha256}`,
        networkLines(found),
      );
    case 'exported-program':
      return lines(`exported program (schema ${found.schema}), sha256 ${found.sha256}`, networkLines(found));
    case 'tfjs-model':
      return lines(`TensorFlow.js (${found.format}), sha256 ${found.sha256}`, networkLines(found));
    case 'weights': {
      const { backbone, head, classes, tap, preprocessing, provenance } = found.config;
      return lines(`weights, sha256 ${found.sha256}`, [
        `network: ${backbone}, ${headText(head, classes.length)}, ${contents(found)}`,
        `embedding: the output of ${printable(tap)}`,
        `classes: ${printable(classes.slice(0, 20).join(', '))}${classes.length > 20 ? `, … (${classes.length})` : ''}`,
        `input: ${JSON.stringify(preprocessing)}`,
        ...(found.python === null ? [] : [`in Python: ${found.python}`]),
        `made from ${printable(provenance.source)}, sha256 ${provenance.sha256}, by ${printable(provenance.converter)}`,
        ...(provenance.assumed ?? []).map((assumption) => `assumed: ${printable(assumption)}`),
      ]);
    }
    case 'images':
      return lines(`${found.images.toLocaleString('en')} images`, [
        `the first ${found.opened.toLocaleString('en')}: ${formatsText(found.formats)}`,
        ...(found.height && found.width
          ? [`height ${rangeText(found.height)}, width ${rangeText(found.width)} pixels`]
          : []),
        ...(found.turned > 0 ? [`with an EXIF orientation: ${found.turned}`] : []),
        ...(found.problem === null ? [] : [`cannot be used, the first: ${printable(found.problem)}`]),
        ...(found.carried.length === 0 ? [] : [`carried along: ${printable(found.carried.map(typed).join(', '))}`]),
        ...found.notices.map(printable),
      ]);
    case 'arrays':
      return lines(`${found.arrays.length} arrays`, [
        formatTable(
          [{ title: 'array' }, { title: 'type' }, { title: 'shape' }, { title: 'order' }],
          found.arrays.map((a) => [a.name, a.dtype, shapeText(a.shape), a.fortran_order ? 'Fortran' : 'C']),
        ),
      ]);
    case 'events':
      return lines(`events (${found.format})`, [
        `rows: ${found.rows === null ? 'not counted' : found.rows.toLocaleString('en')}`,
        `embeddings: ${found.dimensions} values, layer ${printable(found.tap ?? 'not said')}`,
        `weights: ${printable(found.weights_sha256 ?? 'not said')}`,
        `columns: ${printable(found.columns.join(', '))}`,
        ...(found.carried.length === 0 ? [] : [`carried along: ${printable(found.carried.map(typed).join(', '))}`]),
      ]);
    case 'profile':
      return lines('profile', [
        `baseline: ${found.rows.toLocaleString('en')} rows of ${found.dimensions} values, layer ${printable(found.tap ?? 'not said')}`,
        `clusters: ${found.clusters}, rows in each: ${found.counts.map((count) => count.toLocaleString('en')).join(', ')}`,
        `weights: ${printable(found.weights_sha256 ?? 'not said')}`,
      ]);
  }
}

/** What a file says that has its network. */
function networkLines(found: Extract<Inspection, { kind: 'onnx' | 'exported-program' | 'tfjs-model' }>): string[] {
  return [
    found.as_is !== null
      ? `runs as it is, on one engine alone, since it ${printable(found.as_is)}`
      : found.reason === null
        ? `is converted: ${found.classes === 0 ? 'no classes' : `${found.classes.toLocaleString('en')} classes`}`
        : `is not converted as it is: ${printable(found.reason)}`,
    ...found.inputs.map((input) => `input: ${valueText(input)}`),
    ...found.outputs.map((output) => `output: ${valueText(output)}`),
    `operators: ${printable(operatorsText(found.operators))}`,
    `${(found.parameters / 1e6).toFixed(2)} M numbers`,
  ];
}

function contents({ config, tensors, parameters }: Extract<Inspection, { kind: 'weights' }>): string {
  if (config.onnxFile !== undefined) return 'an ONNX file that runs as it is';
  return `${tensors} tensors, ${(parameters / 1e6).toFixed(2)} M numbers`;
}

function formatsText(formats: Readonly<Record<string, number>>): string {
  const texts = Object.entries(formats).map(([format, count]) => `${count.toLocaleString('en')} ${format}`);
  return texts.length === 0 ? 'none can be used' : texts.join(', ');
}

function rangeText([least, most]: readonly [number, number]): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

function typed({ name, type }: { name: string; type: string }): string {
  return `${name} (${type === 'other' ? 'lists, structs or bytes, not read' : type})`;
}

function lines(title: string, rest: readonly string[]): string {
  return [title, ...rest.map((part) => (part === '' ? '' : part.replace(/^/gm, '  ')))].join('\n');
}

function valueText({ name, shape }: { name: string; shape: readonly (number | string)[] | null }): string {
  return printable(
    `${name} ${shape === null ? '' : `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`}`,
  );
}

function operatorsText(operators: Readonly<Record<string, number>>): string {
  return Object.entries(operators)
    .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
    .join(', ');
}

function headText(hidden: readonly number[], classes: number): string {
  return classes === 0 ? 'no head' : `head ${[...hidden, classes].join('-')}`;
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
