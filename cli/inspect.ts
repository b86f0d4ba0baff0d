import { dashed, list, oneOf, printable, publicUrl, text, toggle, whole } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { PlanDescription, PlanRow } from '../engine/index.js';
import type { InspectedTap, Inspection } from '../pipeline/index.js';
import { cacheField } from '../pipeline/options/index.js';
import { type CommonArgs, command } from './command.js';
import { compute } from './computing.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { withDownloadWords } from './given-model.js';
import { printJson, printLines, terminalWidth } from './output.js';
import { columnChoice, computing } from './shared-options.js';
import { formatTable, shapeText } from './table.js';
import { UsageError } from './usage-error.js';

/** `--plan` shows what our own kernels do with weights; these flags belong to it. */
const PLAN_OPTIONS = ['size', 'batch', 'precision', 'tap'] as const;

const options = {
  ...computing(columnFields),
  ...cacheField,
  plan: toggle()
    .default(false)
    .computes('Of a weights folder or a checkpoint: how our own kernels compute it, layer by layer'),
  taps: toggle()
    .default(false)
    .computes('Of weights, a checkpoint or an ONNX file: the layers that --tap may name, with the shape for one image'),
  size: text().orNumber().computes('With --plan: image size, HEIGHTxWIDTH').shows("the model's, or 224x224"),
  batch: whole(1).computes('With --plan: images at once').shows('as embed on one thread'),
  precision: oneOf('float32', 'exact').computes(
    'With --plan: exact does without the transforms that cost the most accuracy',
  ),
  tap: list().computes('With --plan: layers to take, a,b,c').shows("the model's"),
};
const positionals = {
  path: text()
    .needed()
    .flag(
      'File or folder, or hf:org/name[@revision][/file]; images also at https:// or s3://, or - (paths or a tar on stdin)',
    ),
};
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const inspect = command({
  usage: 'inspect <path>',
  describe:
    'What is in a checkpoint, ONNX file, model.json of TensorFlow.js, npz, events file, profile, weights folder or set of images',
  positionals,
  options,
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
      const { batch, precision, tap } = valuesOf(options, args);
      const [height, width] = args.size === undefined ? [] : imageSize(args.size);
      const folder = await weightsOf(args);
      const plan = await compute('inspectPlan', folder, { height, width, batch, precision, tap });
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
});

/** At a URL it waits more than it computes, and only this thread has stdin. */
async function inspected(args: Args & CommonArgs): Promise<Inspection> {
  const { isStdin, isUrl } = await import('../data/index.js');
  if (!isUrl(args.path) && !isStdin(args.path)) return compute('inspect', await localPath(args), columnChoice(args));
  return (await import('../pipeline/index.js')).inspect(args.path, columnChoice(args), args.cache);
}

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

async function weightsOf(args: Args & CommonArgs): Promise<string> {
  const { readyWeights } = await import('../pipeline/weights/index.js');
  return (await withDownloadWords(args, (words) => readyWeights(args.path, words))).folder;
}

function tapTable(taps: readonly InspectedTap[]): string {
  const rows = taps.map(({ name, shape, default: isDefault, proposed }) => [
    name === '' ? "''" : printable(name),
    shapeText(shape),
    [...(isDefault ? ['default'] : []), ...(proposed === null ? [] : [`--pool ${proposed}`])].join(', '),
  ]);
  return formatTable(['tap', 'shape', ''], rows);
}

function imageSize(value: string): [height: number, width: number] {
  const [, height, width] = /^(\d{1,5})[x×](\d{1,5})$/.exec(value) ?? [];
  if (height === undefined || width === undefined) {
    throw new UsageError(`--size takes HEIGHTxWIDTH in pixels, 224x224 for instance, not ${value}`);
  }
  return [Number(height), Number(width)];
}

const COLUMNS = [
  ...['layer', 'operation', 'input', 'output', 'kernel'],
  ...['>calls', '>MMAC written', '>done', '>weights KiB', '>output KiB'],
];

function planTable({ rows, images, height, width, ...sizes }: PlanDescription): string {
  const written = sum(rows, (row) => row.macsWritten);
  const done = sum(rows, (row) => row.macsDone);
  const calls = sum(rows, (row) => row.calls);
  return [
    `${images} ${images === 1 ? 'image' : 'images'} of ${height}×${width}`,
    '',
    formatTable(COLUMNS, [
      ...rows.map(cells),
      ['total', '', '', '', '', String(calls), millions(written), millions(done), kibibytes(sizes.weightBytes), ''],
    ]),
    '',
    'MMAC: million multiplications per image, as the layers define them (written) and as the kernels do them (done).',
    ...(rows.some(({ isSlow }) => isSlow) ? ['Slow: the kernel computes one value after another.'] : []),
    `Memory: weights ${mebibytes(sizes.weightBytes)} MiB, shared by all threads; ` +
      `per thread ${mebibytes(sizes.arenaBytes)} MiB for layers, ${mebibytes(sizes.scratchBytes)} MiB of scratch.`,
    `Kernels: ${sizes.kernels}.`,
  ].join('\n');
}

function planJson({ images, height, width, rows, ...sizes }: PlanDescription): object {
  const { weightBytes, arenaBytes, scratchBytes, kernels } = sizes;
  const short = rows.map(({ node, operation, input, output, kernel, isSlow: slow, calls, ...counts }) => {
    const { macsWritten, macsDone, weightBytes, outputBytes } = counts;
    const own = { node, operation, input, output, kernel, slow, calls };
    return { ...own, ...snakeCased({ macsWritten, macsDone, weightBytes, outputBytes }) };
  });
  return { images, height, width, rows: short, ...snakeCased({ weightBytes, arenaBytes, scratchBytes, kernels }) };
}

/** `macsWritten` as `macs_written`. */
function snakeCased(values: object): object {
  const named = Object.entries(values).map(([name, value]) => [dashed(name).replaceAll('-', '_'), value] as const);
  return Object.fromEntries(named);
}

function cells(row: PlanRow): string[] {
  return [
    row.node,
    row.operation,
    row.input.join('×'),
    row.output.join('×'),
    row.isSlow ? `${row.kernel}, slow` : row.kernel,
    String(row.calls),
    row.macsWritten === 0 ? '' : millions(row.macsWritten),
    row.macsWritten === 0 ? '' : millions(row.macsDone),
    row.weightBytes === 0 ? '' : kibibytes(row.weightBytes),
    kibibytes(row.outputBytes),
  ];
}

function sum(rows: readonly PlanRow[], number: (row: PlanRow) => number): number {
  return rows.reduce((total, row) => total + number(row), 0);
}

function millions(macs: number): string {
  return (macs / 1e6).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function kibibytes(bytes: number): string {
  return Math.ceil(bytes / 1024).toLocaleString('en');
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 });
}
