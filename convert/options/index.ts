/** What a person may say of a checkpoint, with the flags of `convert`. It loads no reader: help texts need none. */
import { anything, type OptionsOf, oneOf, text, toggle } from '../../base/index.js';
import type { Hints, Stem } from '../../graph/backbones/index.js';
import type { HeadActivation, Pool, Preprocessing } from '../../weights/index.js';

export type ActivationChoice = HeadActivation | 'none';
export type ChannelOrder = 'rgb' | 'bgr';

/** The choices are repeated here, as this file loads nothing; the compiler checks that they are those of the rooms. */
const MODES = ['shortest', 'exact', 'longest'] as const satisfies readonly Preprocessing['mode'][];
const INTERPOLATIONS = [
  ...(['bilinear', 'bicubic', 'lanczos', 'box', 'hamming', 'nearest'] as const),
] as const satisfies readonly Preprocessing['interpolation'][];
const ROUNDINGS = ['even', 'down'] as const satisfies readonly Preprocessing['cropRounding'][];
const ORIENTATIONS = ['ignore', 'apply'] as const satisfies readonly Preprocessing['orientation'][];
/** Versions of Pillow whose `resize` differs from the one before. */
const PILLOWS = [12, 13] as const satisfies readonly Preprocessing['pillow'][];
const ACTIVATIONS = [
  ...(['relu', 'relu6', 'leaky_relu', 'elu', 'gelu', 'silu', 'hardswish', 'tanh', 'sigmoid', 'none'] as const),
] as const satisfies readonly ActivationChoice[];
const ORDERS = ['rgb', 'bgr'] as const satisfies readonly ChannelOrder[];
const POOLS = ['mean', 'max', 'cls', 'none'] as const satisfies readonly (Pool | 'none')[];
const STEMS = ['imagenet', 'cifar', 'cifar-pool', 'imagenet-no-pool'] as const satisfies readonly Stem[];

const needsSides = (flag: string, given: string) =>
  `${flag} ${given}: a side or HEIGHTxWIDTH is needed, such as 224 or 224x320`;
const needsNumbers = (flag: string, given: string) =>
  `${flag} ${given}: one number or one a channel are needed, such as 0.5 or 0.485,0.456,0.406`;

export const preprocessingFields = {
  /** For images of 10 to 16 bits: values up to the first are black, from the second on white. Default: 8 bits. */
  range: text()
    .listed()
    .orNumber()
    .from(depthRange, (flag, given) => `${flag} ${given}: two values LOW,HIGH are needed, such as 0,4095 for 12 bits`)
    .computes('For images of 10 to 16 bits: the values that become black and white, LOW,HIGH')
    .shows('images have 8 bits'),
  /** `[height, width]` of the network's input; null: any size of at least 32. */
  size: text().orNumber().from(sides, needsSides).computes('What the network is fed, pixels: 32, or HEIGHTxWIDTH'),
  /** A side, or `[height, width]`; null: none. */
  resize: text()
    .orNumber()
    .from(sideOrSides, needsSides)
    .computes('First resize, as Pillow does: SIDE or HEIGHTxWIDTH'),
  /** What `resize` means; default: `shortest` for a side, `exact` for `[height, width]`. */
  mode: oneOf(...MODES)
    .named('resizeMode')
    .computes('shortest and longest keep the aspect ratio, and say which side --resize is; longest adds a border')
    .shows('shortest for SIDE, exact for HEIGHTxWIDTH'),
  /** Pillow's filter; default: that of the network's own steps, and bilinear for a resize that is given. */
  interpolation: oneOf(...INTERPOLATIONS)
    .computes("Pillow's filter for the resize")
    .shows("bilinear, or the network's own without --resize"),
  /** `[height, width]` of the centre crop; null: none. */
  crop: text().orNumber().from(sides, needsSides).computes('Then take the centre: SIDE or HEIGHTxWIDTH'),
  /** Half a pixel before the crop; default: even. */
  cropRounding: oneOf(...ROUNDINGS)
    .computes('Half a pixel before the crop: even as torchvision, down as transformers')
    .shows('down for a transformers folder, otherwise even'),
  /** Colour outside of the image, 0 to 255, one or one a channel; default: the mean with `longest` (timm), or black. */
  border: text()
    .listed()
    .orNumber()
    .from(perChannel, needsNumbers)
    .computes('Colour where an image is smaller than the crop, 0 to 255: one number, or one a channel')
    .shows('the mean with --resize-mode longest, otherwise 0'),
  /** Default: ignore. */
  orientation: oneOf(...ORIENTATIONS)
    .computes('Whether images are turned as their cameras say')
    .shows('apply for a transformers folder, otherwise ignore'),
  /** Which Pillow's order of passes; default: 13. */
  pillow: oneOf(...PILLOWS)
    .computes('Whose resize is followed: 12 stands for all before 13')
    .shows('13'),
  /** One number for all channels, or one a channel; in units of pixel/255. */
  mean: text()
    .listed()
    .orNumber()
    .from(perChannel, needsNumbers)
    .computes('Of pixel/255: one number, or one a channel'),
  /** One number for all channels, or one a channel, above 0; in units of pixel/255. */
  std: text().listed().orNumber().from(perChannel, needsNumbers).computes('Of pixel/255: one number, or one a channel'),
};

/** The fields of `Preprocessing`, as far as they are known; the others follow from the backbone. */
export interface PreprocessingOptions extends OptionsOf<typeof preprocessingFields> {}

function sides(given: string): [number, number] | null | undefined {
  const [, one, other = one] = /^(\d+)(?:[x×,](\d+))?$/.exec(given) ?? [];
  return Number(one) > 0 && Number(other) > 0 ? [Number(one), Number(other)] : undefined;
}

function sideOrSides(given: string): number | [number, number] | null | undefined {
  return /^0*[1-9]\d*$/.test(given) ? Number(given) : sides(given);
}

/** Whether they are a range is looked at where all of them are, whoever gives them. */
function depthRange(given: string): [number, number] | undefined {
  const [low, high, ...others] = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  return low === undefined || high === undefined || others.length > 0 ? undefined : [low, high];
}

/** One value for all channels, or as many as an image may have channels. */
const VALUES: readonly number[] = [1, 3, 4];

function perChannel(given: string): readonly number[] | undefined {
  const values = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  return VALUES.includes(values.length) && values.every((value) => Number.isFinite(value)) ? values : undefined;
}

export const recogniseFields = {
  /**
   * torchvision's name of the backbone: then the network must be this one. Or a name with its library, which says what
   * no tensor does: `torchvision:NAME`, `timm:NAME`, `open_clip:NAME`, `transformers:TYPE`.
   */
  backbone: text().computes('Instead of the one recognised, or LIBRARY:NAME; see image-drift models --library timm'),
  /** What is beside the tensors in a folder of Hugging Face. `backbone` goes before it. */
  hints: anything<Hints>(),
  /** The beginning of the tensors of the network that is meant, if there are several. */
  prefix: text().computes('Which network, where a checkpoint holds several: the beginning of its tensors, such as ema'),
  /** The module that is the head; `none`: the body alone. Default: found by itself. */
  head: text().computes('Module, or output of a file, that is the head; none: embeddings without scores'),
  /** The activation between the Linear layers of the head; default `relu`. */
  headActivation: oneOf(...ACTIVATIONS)
    .computes('Between the Linear layers of the head, which a checkpoint does not say')
    .shows('relu'),
  /** Stride and pooling of the first layers, which shapes do not show. Default: by the size of the first filter. */
  stem: oneOf(...STEMS)
    .computes('First layers: imagenet has stride 2 and a max pooling, cifar has neither')
    .shows('by the size of the first filter'),
  /** Modules whose tensors are left out. */
  ignore: text()
    .listed()
    .from((given): readonly string[] => given.split(',').map((module) => module.trim()))
    .computes('Modules through which neither embedding nor scores pass: a,b,c'),
};

export const modelFields = {
  /** A name for each output; two where the only one is the logit of the second. Default: `class_0`, `class_1`, …. */
  classes: anything<readonly string[]>(),
  /** Each output is the logit of a label, of which several may hold. Sigmoids at the end of a file say so themselves. */
  multiLabel: toggle().computes('Several labels may hold at once: each output is the logit of one, with a sigmoid'),
  /** csv, `label,threshold`, with a line for each label: the score from which on it holds. Default: 0.5 for all. */
  thresholds: text().flag('csv of label,threshold: the score from which on each label holds').shows('0.5 for all'),
  /** The order of colours that the network takes; default: red, green, blue, which `mean` and `std` always have. */
  channelOrder: oneOf(...ORDERS)
    .computes('Colours as the network was trained on them; --mean and --std are of red, green and blue in any case')
    .shows('rgb, or as a transformers folder says'),
  /** Module path of the embedding; default: the backbone's usual one. */
  tap: text().computes("Layer whose output is the embedding, as PyTorch's get_submodule names it"),
  /** What makes one row of a map or of tokens; `none`: all its values, however many. Default: at most 16,384 of them. */
  pool: oneOf(...POOLS)
    .computes('Of a map or tokens, the embedding: mean or max of each channel, cls is the first token, none all values')
    .shows('all values, up to 16,384'),
  /** What the checkpoint is called in messages and in the weights; default: the last part of its path. */
  source: anything<string>(),
};
