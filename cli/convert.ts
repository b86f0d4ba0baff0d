import { oneOf, shellWord, text } from '../base/index.js';
import type { CheckConversion, OnnxFile } from '../convert/index.js';
import { modelFields, preprocessingFields, recogniseFields } from '../convert/options/index.js';
import type { OnnxFileRequest } from '../engine/index.js';
import { assumptionLines, type Checked, type ModelConfig, type MultiLabel, type Pool } from '../weights/index.js';
import { CHECK_SCRIPTS, type CheckScript } from './check-scripts.js';
import { type CommonArgs, command } from './command.js';
import { type ArgsOf, camelCase, flagged, flagsFrom, givenFlag, valuesOf } from './flag.js';
import { describePreprocessing, notCompared, withDownloadWords } from './given-model.js';
import { ourCommand, print, printJson, say } from './output.js';
import { productAt, sayReplaced } from './outputs.js';
import { UsageError } from './usage-error.js';

/** What is said of a model, and of no weights folder, which says it itself. */
const modelFlags = flagged({ ...preprocessingFields, ...modelFields, ...recogniseFields });
const SCRIPTS = Object.keys(CHECK_SCRIPTS) as CheckScript[];

const options = {
  out: text().flag('Weights folder to make, for embed'),
  onnx: text().flag('ONNX file to make, for other runtimes: uint8 images in, embedding and scores out'),
  classes: text()
    .listed()
    .flag('Class names: a,b,c, or a file with one a line; two for one output, the logit of the second'),
  ...modelFlags,
  dtype: oneOf('float32', 'float16', 'uint8').computes('How tensors are stored in the weights folder').shows('float32'),
  check: text().flag('npz of images with the outputs of your own program: nothing is written unless they agree'),
  checkScript: oneOf(...SCRIPTS).flag('Print the Python that writes the file for --check, and do nothing else'),
};
const positionals = {
  checkpoint: text().flag(
    '.pth, .pt, .ckpt or .safetensors: a state dict, a whole network or TorchScript; .onnx; .pt2 of torch.export; model.json of TensorFlow.js; a Hugging Face folder, or hf:org/name[@revision][/file]; for --onnx alone also a weights folder',
  ),
};
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const convert = command({
  usage: 'convert [checkpoint]',
  describe: 'PyTorch, safetensors, ONNX or TensorFlow.js model → weights folder, ONNX file, or both',
  positionals,
  options,
  inputs: ['checkpoint', 'classes', 'check', 'thresholds'],
  outputs: ['out', 'onnx'],
  files: ['onnx'],
  examples: [
    [
      'convert resnet18_cifar10_epoch5.pth --out weights/cifar --size 32 --mean 0.5 --std 0.5 --classes plane,car,bird,cat,deer,dog,frog,horse,ship,truck',
      "The checkpoint of Fiddler's quickstart",
    ],
    [
      'convert resnet50.pth --out weights/r50 --classes imagenet.txt',
      "torchvision's ImageNet preprocessing is the default",
    ],
    [
      'convert epoch3.ckpt --out weights/w --prefix ema --head-activation gelu',
      'One of two copies, with GELU in its head',
    ],
    ['convert vit.onnx --out weights/vit --mean 0.5 --std 0.5', 'A network of any family, as PyTorch exports it'],
    ['convert hf:timm/resnet50.a1_in1k --out weights/r50', 'From the Hugging Face Hub, with its own preprocessing'],
    ['convert resnet50.pth --onnx resnet50.onnx', 'For other runtimes; nothing but the file'],
    ['convert --check-script timm > write_check.py', 'The lines that write check.npz in your own program'],
    ['convert model.pth --out weights/w --check check.npz', 'Kept only if it computes what your own program does'],
  ],
  async run(given) {
    const { checkScript: script, checkpoint } = given;
    if (script !== undefined) return printScript(CHECK_SCRIPTS[script], given.json);
    if (checkpoint === undefined)
      throw new UsageError('convert: CHECKPOINT is missing', 'A model file, a folder, or hf:org/name.');
    const args = { ...given, checkpoint };
    const { out, onnx, dtype } = args;
    if (out !== undefined) return toWeights(args, out);
    if (onnx === undefined) throw new UsageError('nothing to make: --out FOLDER or --onnx FILE is needed');
    if (dtype !== undefined) throw new UsageError(`--dtype ${dtype}: an ONNX file is float32; --dtype needs --out`);
    return (await isWeights(args.checkpoint)) ? weightsToOnnx(args, onnx) : checkpointToOnnx(args, onnx);
  },
});

function printScript(script: string, json: boolean): void {
  if (json) printJson({ script });
  else for (const line of script.trimEnd().split('\n')) print(line);
}

type RunArgs = Args & CommonArgs & { checkpoint: string };

async function toWeights(args: RunArgs, out: string): Promise<void> {
  const { convertCheckpoint } = await import('../convert/index.js');
  const dtype = args.dtype ?? 'float32';
  const { path, ...origin } = await givenCheckpoint(args);
  const { readDescription } = await import('../weights/index.js');
  const [replaced, there] = [(await readDescription(out))?.checked ?? null, await productAt(out, 'weights')];
  const options = { ...(await modelOptions(args)), ...origin, dtype, overwrite: true, onnx: args.onnx };
  const { config, format, tensors, bytes, sha256, onnx, checked } = await convertCheckpoint(path, out, options);
  if (there?.weightsSha256 !== sha256) sayReplaced((text) => say(args.quiet, text), out, there);
  if (args.json) return printJson({ out, format, tensors, bytes, weights_sha256: sha256, config, checked, onnx });
  print(`${args.checkpoint} (${format}) → ${out}`);
  const stored =
    config.onnxFile === undefined ? `${tensors} tensors, ${megabytes(bytes)} as ${dtype}` : megabytes(bytes);
  await printModel(config, stored);
  await sayOfModel(args, config, checked);
  if (replaced !== null && checked === null) {
    say(args.quiet, `${out}: the weights that were here before were compared with their own program; these are not.`);
  }
  if (onnx !== null) printOnnx(onnx);
  say(args.quiet, `Next: ${ourCommand(`embed IMAGES --weights ${shellWord(out)} --out events.parquet`)}`);
}

async function givenCheckpoint(args: RunArgs) {
  const { givenModel } = await import('../pipeline/weights/index.js');
  const { path, describedIn, source } = await withDownloadWords(args, (words) => givenModel(args.checkpoint, words));
  return { path, describedIn, source };
}

async function checkpointToOnnx(args: RunArgs, path: string): Promise<void> {
  const { convertToOnnx } = await import('../convert/index.js');
  const { path: checkpoint, ...origin } = await givenCheckpoint(args);
  const options = { ...(await modelOptions(args)), ...origin };
  const { config, format, tensors, onnx, checked } = await convertToOnnx(checkpoint, path, options);
  if (args.json) return printJson({ format, tensors, config, checked, onnx });
  print(`${args.checkpoint} (${format}) → ${path}`);
  await printModel(config, `${tensors} tensors`);
  await sayOfModel(args, config, checked);
  printOnnx(onnx);
}

/** What was compared, or else what was assumed and how to compare it. */
async function sayOfModel(args: RunArgs, config: ModelConfig, checked: Checked | null): Promise<void> {
  if (checked !== null) print(`  ${(await import('./given-model.js')).checkedText(checked)}`);
  for (const line of assumptionLines(config, checked)) say(args.quiet, line);
  const classes = classesLine(args, config, checked);
  if (classes !== null) say(args.quiet, classes);
  if (checked === null && config.provenance.assumed !== undefined) {
    say(args.quiet, notCompared(args.checkpoint, ownFlags(args)));
  }
}

/** No comparison of numbers knows what a class is called. */
function classesLine({ classes: given }: RunArgs, { classes }: ModelConfig, checked: Checked | null): string | null {
  const unproven = 'which output is of which class, --check cannot prove';
  if (given === undefined && classes[0] === 'class_0') {
    return `No classes were named (--classes), so they are class_0 to ${classes.at(-1)}; ${unproven}.`;
  }
  return checked === null || classes.length === 0 ? null : `The order of the classes is as given: ${unproven}.`;
}

/** The flags of this conversion, to be typed again. */
function ownFlags(args: RunArgs): string {
  const { out, onnx, dtype } = options;
  return Object.keys(flagsFrom({ out, onnx, classes: options.classes, ...modelFlags, dtype }))
    .flatMap((name) => {
      const value = (args as Record<string, unknown>)[camelCase(name)];
      if (value === undefined || value === false) return [];
      return value === true ? [`--${name}`] : [`--${name} ${shellWord(String(value))}`];
    })
    .join(' ');
}

/** A model that has been converted before: it has its description, which no flag may change. */
async function weightsToOnnx(args: RunArgs, path: string): Promise<void> {
  const given = givenFlag(args, OF_MODELS, Object.keys(OF_MODELS));
  if (given !== null) {
    throw new UsageError(`${given}: ${args.checkpoint} is a weights folder, whose model is described already`);
  }
  const { prepareOnnx, writeOnnx } = await import('../convert/index.js');
  const { onnxFileOnly } = await import('../graph/index.js');
  const { readWeights } = await import('../weights/index.js');
  const { config, tensors, file } = await readWeights(args.checkpoint);
  if (file !== undefined) throw onnxFileOnly('the writer of ONNX files');
  const onnx = await writeOnnx(path, await prepareOnnx(config, tensors));
  if (args.json) return printJson({ format: 'weights', tensors: tensors.size, config, onnx });
  print(`${args.checkpoint} (weights) → ${path}`);
  await printModel(config, `${tensors.size} tensors`);
  printOnnx(onnx);
}

/** 21,841 classes of ImageNet-21k, with long names. */
const MAX_CLASSES_BYTES = 16 * 2 ** 20;

const OF_MODELS = flagsFrom({ classes: options.classes, ...modelFlags, check: options.check });

/** A folder, unless it is a model as Hugging Face keeps it. */
async function isWeights(path: string): Promise<boolean> {
  const { access, stat } = await import('node:fs/promises');
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  const isHub = await access(`${path}/config.json`).then(
    () => true,
    () => false,
  );
  const { tfjsModelIn } = await import('../convert/index.js');
  return isFolder && !isHub && (await tfjsModelIn(path)) === null;
}

/** The comparison loads the engines, so it is not loaded without need. */
async function conversionCheckOf({ quiet, json }: CommonArgs, path: string): Promise<CheckConversion> {
  const { conversionCheck } = await import('../pipeline/check/index.js');
  return conversionCheck(path, (text) => say(quiet || json, text));
}

async function modelOptions(args: RunArgs) {
  return {
    // The engines are loaded for files that need one.
    check: args.check === undefined ? undefined : await conversionCheckOf(args, args.check),
    openOnnx: async (request: OnnxFileRequest) => (await import('../engine/index.js')).openOnnxFile(request),
    ...valuesOf(modelFlags, args),
    classes: args.classes === undefined ? undefined : await classNames(args.classes),
  };
}

async function printModel(config: ModelConfig, stored: string): Promise<void> {
  const { backbone, head, classes, multiLabel, tap, preprocessing } = config;
  const sizes = classes.length === 0 ? 'no head' : `head ${[...head, classes.length].join('-')}`;
  print(`  ${backbone}, ${sizes}, ${stored}`);
  print(`  embedding: the output of ${tap}${await embeddingWords(config)}`);
  if (multiLabel !== undefined) print(`  ${labelsLine(multiLabel)}`);
  print(`  input: ${describePreprocessing(preprocessing)}`);
}

/** `14 labels, of which several may hold: each from a score of 0.5 on` */
function labelsLine({ thresholds }: MultiLabel): string {
  const [least, most] = [Math.min(...thresholds), Math.max(...thresholds)];
  const from = least === most ? `${least}` : `${least} to ${most}`;
  return `${thresholds.length} labels, of which several may hold: each from a score of ${from} on`;
}

const POOL_WORDS: Readonly<Record<Pool, string>> = {
  mean: 'the mean of each channel',
  max: 'the largest value of each channel',
  cls: 'the first token',
};

/** What the embedding is, where it is pooled, or the usual one of a network known by its family. */
async function embeddingWords(config: ModelConfig): Promise<string> {
  const { pool } = config;
  if (pool !== undefined) return `: ${POOL_WORDS[pool.kind]} of ${pool.layer}`;
  if (config.graph !== undefined) return '';
  const { networkSpec, usualEmbedding, usualTap } = await import('../graph/backbones/index.js');
  const spec = networkSpec(config);
  return usualTap(spec) === config.tap ? `: ${usualEmbedding(spec)}` : '';
}

function printOnnx({ path, bytes, outputs }: OnnxFile): void {
  print(`  ONNX: ${path}, ${megabytes(bytes)}, outputs ${outputs.join(', ')}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A comma makes it a list; otherwise it is the name of a file with one name a line. */
async function classNames(listOrFile: string): Promise<string[]> {
  if (listOrFile.includes(',')) {
    const names = listOrFile.split(',').map((name) => name.trim());
    const blank = names.indexOf('');
    if (blank >= 0) throw new UsageError(`--classes ${listOrFile}: name ${blank + 1} is empty`);
    return names;
  }
  const { readSmallText } = await import('../files/index.js');
  const text = await readSmallText(listOrFile, MAX_CLASSES_BYTES, 'a list of class names').catch((error: Error) => {
    throw new UsageError(`--classes ${listOrFile}: neither a list (a,b,c) nor a file that can be read`, error.message);
  });
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim());
}
