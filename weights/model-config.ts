/** What inference needs besides the tensors, and people forget: stored in `model.json`, and checked when it is read. */
import * as z from 'zod';
import { printable } from '../base/index.js';
import {
  type Body,
  bodySchema,
  type HeadLayer,
  headLayersSchema,
  type OnnxFileFacts,
  onnxFileFactsSchema,
  pooledName,
  type StoredGraph,
  storedGraphSchema,
  type TapPool,
  tapPoolSchema,
} from './network-config.js';

/** The largest image side of a weights folder: 16,384² pixels × 3 channels already take 768 MiB. */
const MAX_SIDE = 16_384;
/** ImageNet-22k has 21,843 classes. No real classifier has a million. */
const MAX_CLASSES = 1_000_000;

const side = z.number().int().min(1).max(MAX_SIDE);
/** A sample of 16 bits. */
const value = z.number().int().min(0).max(65_535);
const perChannel = z
  .array(z.number())
  .refine((values) => [1, 3, 4].includes(values.length), 'one value a channel: 1 (gray), 3 (RGB) or 4');

/** Names of interpolations, as `Preprocessing.interpolation` has them. */
export const INTERPOLATIONS = ['bilinear', 'bicubic', 'lanczos', 'box', 'hamming', 'nearest'] as const;
/** What `Preprocessing.resize` may mean. */
export const RESIZE_MODES = ['shortest', 'exact', 'longest'] as const;
/** What may be done about the orientation that a camera writes into a file. */
export const ORIENTATIONS = ['ignore', 'apply'] as const;

/**
 * How an image is prepared before the network sees it. A field that is not there has its default.
 */
export interface Preprocessing {
  /**
   * For images of 10 to 16 bits: values up to the first are black, from the second on white, before anything else.
   * Default: images have 8 bits.
   */
  range?: [number, number] | undefined;
  /** `[height, width]` of the network's input, pixels; null: any size of at least 32. */
  size: [number, number] | null;
  /** Resize before the crop: a side, or `[height, width]`; null: no resize. With antialiasing, as Pillow does. */
  resize: number | [number, number] | null;
  /**
   * - `shortest`: the aspect ratio stays, and `resize` is covered. With a side as torchvision's `Resize(n)`, whose
   *   longer side is rounded down; with `[height, width]` as timm's `ResizeKeepRatio`, which rounds.
   * - `exact`: that height and width, whatever the aspect ratio; a side is a square.
   * - `longest`: the aspect ratio stays, and the image fits into `resize`, as timm's `ResizeKeepRatio(longest=1)`.
   *
   * Default: `shortest` for a side, `exact` for `[height, width]`.
   */
  mode?: (typeof RESIZE_MODES)[number] | undefined;
  /** Pillow's filter; default: `bilinear`. */
  interpolation?: (typeof INTERPOLATIONS)[number] | undefined;
  /** Which Pillow's order of passes, where that makes a difference; default: 13. 12 stands for all before it. */
  pillow?: 12 | 13 | undefined;
  /** `[height, width]` of the centre crop, as torchvision's `CenterCrop`; null: none. Smaller images get a border. */
  crop: [number, number] | null;
  /** Half a pixel before the crop: rounded to `even` (torchvision, timm), or `down` (transformers). Default: `even`. */
  cropRounding?: 'even' | 'down' | undefined;
  /** Colour of the border, 0 to 255: red, green, blue and, if there is one, the fourth channel. Default: black. */
  border?: number[] | undefined;
  /**
   * The orientation that a camera writes into a file: `apply` turns the image before anything else, as transformers
   * does; `ignore`, the default, does not, as torchvision and timm.
   */
  orientation?: (typeof ORIENTATIONS)[number] | undefined;
  /**
   * Mean of each channel in units of pixel/255: the network sees `(pixel/255 - mean) / std`. As many values as the
   * images have channels: 3 (RGB), 1 (gray) or 4.
   */
  mean: number[];
  /** Standard deviation of each channel, above 0, in the same units. */
  std: number[];
}

export const preprocessingSchema = z
  .object({
    range: z
      .tuple([value, value])
      .refine(([low, high]) => low < high, 'the first value of range must be below the second')
      .optional(),
    size: z.tuple([side, side]).nullable(),
    resize: z.union([side, z.tuple([side, side])]).nullable(),
    mode: z.enum(RESIZE_MODES).optional(),
    interpolation: z.enum(INTERPOLATIONS).optional(),
    pillow: z.union([z.literal(12), z.literal(13)]).optional(),
    crop: z.tuple([side, side]).nullable(),
    cropRounding: z.enum(['even', 'down']).optional(),
    border: z.array(z.number().int().min(0).max(255)).min(3).max(4).optional(),
    orientation: z.enum(ORIENTATIONS).optional(),
    mean: perChannel,
    std: perChannel.refine((values) => values.every((v) => v > 0), 'every std must be above 0'),
  })
  .refine(({ mean, std }) => mean.length === std.length, 'mean and std must have as many values as each other')
  .transform(withPillow) satisfies z.ZodType<Preprocessing>;

/** Files that do not say whose passes a resize has were written for those before Pillow 13. */
function withPillow<T extends Preprocessing>(preprocessing: T): T {
  const { resize, interpolation, pillow } = preprocessing;
  if (resize === null || interpolation === 'nearest' || pillow !== undefined) return preprocessing;
  return { ...preprocessing, pillow: 12 };
}

/**
 * What a weights folder says about its model: network, class names, preprocessing, embedding layer, and the checkpoint
 * that it was converted from.
 *
 * @example
 * ```ts
 * import { Embedder, type ModelConfig, weightsFolder } from 'image-drift';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const { backbone, classes, preprocessing, tap }: ModelConfig = embedder.config;
 * console.log(backbone, classes.length, preprocessing.size, tap); // resnet18 10 [ 32, 32 ] fc.0
 * await embedder.close();
 * ```
 */
export interface ModelConfig {
  /**
   * torchvision's name of the variant, e.g. `resnet18`, `vgg11_bn`, `mobilenet_v2`; the family, e.g. `resnet`, if
   * torchvision has no network of these depths and widths; `onnx` for a network that was read from an ONNX file.
   */
  backbone: string;
  /** The network itself, if it was read from a file that has it. There is then no body and no head. */
  graph?: StoredGraph | undefined;
  /** Facts of an ONNX file that runs as it is. The graph then names its values, and the folder has the file. */
  onnxFile?: OnnxFileFacts | undefined;
  /** How the embedding is pooled, if it is; `tap` is then `LAYER:KIND`. */
  pool?: TapPool | undefined;
  /** The layers before the head, if they are not those of torchvision's network of that name. */
  body?: Body | undefined;
  /** Hidden sizes of the head. `[]`: one Linear, as in torchvision. `[128]`: Linear(128)-ReLU-Linear. */
  head: number[];
  /** All layers of the head, if it is not one of those that `head` describes; `[]`: the network has no head. */
  headLayers?: HeadLayer[] | undefined;
  /** One name for each output of the network, in order. Empty if the network has no head. */
  classes: string[];
  /** There if several of the classes may hold at once: each score is a sigmoid. Left out: one holds (softmax). */
  multiLabel?: MultiLabel | undefined;
  /** How an image is prepared before the network sees it. */
  preprocessing: Preprocessing;
  /** PyTorch module path of the layer whose output is the embedding when none is asked for, e.g. `fc.0`. */
  tap: string;
  /** The checkpoint that the weights were converted from. */
  provenance: Provenance;
}

/** What is said of labels of which several may hold. */
export interface MultiLabel {
  /** One for each of `classes`: from this score on, the label holds. Between 0 and 1. */
  thresholds: number[];
}

/** Where weights come from, and what the conversion took for granted. */
export interface Provenance {
  /** The checkpoint's file name without a folder. */
  source: string;
  /** sha256 of the checkpoint, lower-case hex. */
  sha256: string;
  /** The version that converted it. */
  converter: string;
  /** What the body's tensors are called in the checkpoint, before their usual names; left out if nothing. */
  prefix?: string | undefined;
  /** Module of the checkpoint that holds the head; left out if it has the usual name. */
  head?: string | undefined;
  /** What a state dict does not say and was assumed, one sentence each. */
  assumed?: string[] | undefined;
  /** Modules of the checkpoint whose tensors the network does not use; outputs of a file beside its embedding. */
  leftOut?: string[] | undefined;
  /** Modules whose tensors `--ignore` left out: the network is what it is only if nothing passes through them. */
  ignored?: string[] | undefined;
}

export const modelConfigSchema = z
  .object({
    backbone: z.string().min(1).max(64),
    graph: storedGraphSchema.optional(),
    onnxFile: onnxFileFactsSchema.optional(),
    pool: tapPoolSchema.optional(),
    body: bodySchema.optional(),
    head: z.array(z.number().int().min(1).max(1_000_000)).max(8),
    headLayers: headLayersSchema.optional(),
    classes: z.array(z.string().min(1)).max(MAX_CLASSES),
    multiLabel: z.object({ thresholds: z.array(z.number().gt(0).lt(1)).min(1).max(MAX_CLASSES) }).optional(),
    preprocessing: preprocessingSchema,
    tap: z.string(),
    provenance: z.object({
      source: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      converter: z.string(),
      prefix: z.string().optional(),
      head: z.string().optional(),
      assumed: z.array(z.string()).optional(),
      leftOut: z.array(z.string()).optional(),
      ignored: z.array(z.string()).optional(),
    }),
  })
  .refine(({ classes, headLayers, graph }) => classes.length > 0 || headLayers?.length === 0 || graph !== undefined, {
    message: 'a network with a head has classes',
    path: ['classes'],
  })
  .refine(({ classes, multiLabel }) => (multiLabel?.thresholds ?? classes).length === classes.length, {
    message: 'one threshold for each class is needed',
    path: ['multiLabel', 'thresholds'],
  })
  .refine(({ pool, tap }) => pool === undefined || tap === pooledName(pool), {
    message: 'the embedding is the layer that is pooled',
    path: ['tap'],
  }) satisfies z.ZodType<ModelConfig>;

/** float32 values of one parameter; `shape` as in PyTorch (`[out, in, kh, kw]`), row-major. */
export interface Tensor {
  shape: readonly number[];
  data: Float32Array;
}

/** A model ready to be compiled: the contents of a weights folder. */
export interface Weights {
  config: ModelConfig;
  /** By PyTorch state-dict name, e.g. `layer1.0.conv1.weight`, without `num_batches_tracked`. */
  tensors: ReadonlyMap<string, Tensor>;
  /** The ONNX file of a network that runs as it is. */
  file?: Uint8Array | undefined;
  /** Whether the outputs were compared with those of the program that the model comes from; null or left out: not. */
  checked?: Checked | null | undefined;
  /**
   * sha256 (hex) of `model.json` without `checked`. It holds the sha256 of every shard, so it identifies the model
   * and its preprocessing.
   */
  sha256: string;
}

/** Result of `convert --check`: outputs of the converted network beside those of the program that it comes from. */
export interface Checked {
  /** How many images were compared. */
  images: number;
  /** Largest difference of an embedding's value, as a share of the largest absolute value of all embeddings. */
  embedding_error: number;
  /** The same of the class scores; null where the file has none. */
  scores_error: number | null;
  /** `compared` where the network's inputs were given, and an image went through every step that makes them. */
  preprocessing: 'compared' | 'not compared';
  /** sha256 of the file with the program's outputs, lower-case hex. */
  sha256: string;
}

const error = z.number().min(0).max(1);

export const checkedSchema = z.object({
  images: z.number().int().min(1),
  embedding_error: error,
  scores_error: error.nullable(),
  preprocessing: z.enum(['compared', 'not compared']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
}) satisfies z.ZodType<Checked>;

/** One line on these weights: that they were compared, or what was assumed. @returns null where neither applies */
export function weightsNote(assumed: readonly string[] = [], checked: Checked | null = null): string | null {
  if (checked !== null) return checkedWords(checked);
  return assumed.length === 0 ? null : `not compared with its own program; assumed: ${assumed.join('; ')}`;
}

/** `compared with its own program, error 3e-7` */
export function checkedWords({ embedding_error, scores_error }: Checked): string {
  const largest = Math.max(embedding_error, scores_error ?? 0);
  return `compared with its own program, error ${largest === 0 ? '0' : largest.toExponential(0)}`;
}

const MOST_NAMED = 8;

/** What was assumed and a passing comparison leaves open: the resize, or the scores, where it had none. */
export function openAssumptions({ assumed = [] }: ModelConfig['provenance'], checked: Checked | null): string[] {
  if (checked === null) return assumed;
  const { preprocessing, scores_error: scores } = checked;
  return assumed.filter(
    (text) =>
      (preprocessing === 'not compared' && /resize|middle of/.test(text)) || (scores === null && /output/.test(text)),
  );
}

/** What a conversion took that the model's file does not say, and no comparison settles, a line each. */
export function assumptionLines({ provenance }: Pick<ModelConfig, 'provenance'>, checked: Checked | null): string[] {
  const { prefix, head, leftOut = [], ignored = [] } = provenance;
  return [
    ...(prefix === undefined ? [] : [`Taken: the network under ${printable(prefix)}`]),
    ...(head === undefined ? [] : [`Taken as its head: ${printable(head)}`]),
    ...openAssumptions(provenance, checked).map((assumption) => `Assumed: ${printable(assumption)}`),
    ...listed('Left out', leftOut),
    ...listed('Left out by --ignore', ignored),
  ];
}

function listed(what: string, modules: readonly string[]): string[] {
  if (modules.length === 0) return [];
  return [`${what}: ${printable(modules.slice(0, MOST_NAMED).join(', '))}${modules.length > MOST_NAMED ? ', …' : ''}`];
}
