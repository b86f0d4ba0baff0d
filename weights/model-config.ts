/**
 * The facts besides the tensors that inference needs and that people forget. They are stored in `model.json` and
 * checked when it is read.
 */
import { z } from 'zod';

/**
 * The largest image side that a weights folder may ask for. An image of 16,384² pixels × 3 channels already takes 768
 * MiB.
 */
const MAX_SIDE = 16_384;
/** ImageNet-22k has 21,843 classes. No real classifier has a million. */
const MAX_CLASSES = 1_000_000;

const side = z.number().int().min(1).max(MAX_SIDE);
const perChannel = z.array(z.number()).length(3);

/** How an image is prepared before the network sees it. */
export interface Preprocessing {
  /** `[height, width]` of the network's input, pixels; null: any size of at least 32. */
  size: [number, number] | null;
  /**
   * Resize before the crop. A number is the length of the shorter side (torchvision's `Resize(n)`); a pair is exactly
   * `[height, width]`; null: no resize. Bilinear with antialiasing, as Pillow does.
   */
  resize: number | [number, number] | null;
  /** `[height, width]` of the centre crop after the resize, as torchvision's `CenterCrop`; null: no crop. */
  crop: [number, number] | null;
  /** Mean of each channel, RGB, in units of pixel/255: the network sees `(pixel/255 - mean) / std`. */
  mean: number[];
  /** Standard deviation of each channel, above 0, in the same units. */
  std: number[];
}

export const preprocessingSchema = z.object({
  size: z.tuple([side, side]).nullable(),
  resize: z.union([side, z.tuple([side, side])]).nullable(),
  crop: z.tuple([side, side]).nullable(),
  mean: perChannel,
  std: perChannel.refine((values) => values.every((v) => v > 0), 'every std must be above 0'),
}) satisfies z.ZodType<Preprocessing>;

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
  /** torchvision's name of the variant, e.g. `resnet18`, `vgg11_bn`, `mobilenet_v2`. */
  backbone: string;
  /** Hidden sizes of the head. `[]`: one Linear, as in torchvision. `[128]`: Linear(128)-ReLU-Linear. */
  head: number[];
  /** One name for each output of the network, in order. */
  classes: string[];
  /** How an image is prepared before the network sees it. */
  preprocessing: Preprocessing;
  /** PyTorch module path of the layer whose output is the embedding when none is asked for, e.g. `fc.0`. */
  tap: string;
  /** The checkpoint: its file name without a folder, its sha256 (lower-case hex), the version that converted it. */
  provenance: { source: string; sha256: string; converter: string };
}

export const modelConfigSchema = z.object({
  backbone: z.string().min(1).max(64),
  head: z.array(z.number().int().min(1).max(1_000_000)).max(8),
  classes: z.array(z.string().min(1)).min(1).max(MAX_CLASSES),
  preprocessing: preprocessingSchema,
  tap: z.string(),
  provenance: z.object({
    source: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    converter: z.string(),
  }),
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
  /**
   * sha256 (hex) of `model.json`, which holds the sha256 of every shard. So it identifies the model and its
   * preprocessing.
   */
  sha256: string;
}
