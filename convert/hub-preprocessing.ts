/** Preprocessing from a folder of Hugging Face: transformers' `preprocessor_config.json`, timm's `pretrained_cfg`. */
import * as z from 'zod';
import { imagenetPreprocessing } from '../graph/backbones/index.js';
import { INTERPOLATIONS, type Preprocessing } from '../weights/index.js';
import type { PreprocessingOptions } from './options/index.js';
import { resizeFlags } from './preprocessing.js';

/** The defaults of timm, and of ConvNeXt's image processor. */
const CROP_SHARE = 0.875;
/** Sides from which ConvNeXt's image processor squeezes images instead of cropping them. */
const SQUEEZED_FROM = 384;
/** By Pillow's numbers (`Image.Resampling`). */
const RESAMPLE = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;
const [BILINEAR, BICUBIC] = [2, 3];

export interface FolderPreprocessing {
  preprocessing: PreprocessingOptions;
  /** What differs from what the folder asks for, one sentence each. */
  assumed: string[];
}

const { mean: IMAGENET_MEAN, std: IMAGENET_STD } = imagenetPreprocessing;

const perChannel = z.array(z.number());
const side = z.number().int().min(1);
const share = z.number().positive().max(1);
const sides = z.object({ height: side, width: side });

export const timmSchema = z.object({
  input_size: z.tuple([side, side, side]),
  crop_pct: share.nullish(),
  crop_mode: z.enum(['center', 'squash', 'border']).nullish(),
  // What timm takes where a configuration does not say it.
  interpolation: z.enum(INTERPOLATIONS).default('bicubic'),
  mean: perChannel.default(IMAGENET_MEAN),
  std: perChannel.default(IMAGENET_STD),
});

const processorFields = z.object({
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_resize: z.boolean().nullish(),
  size: z.union([side, z.object({ shortest_edge: side }), sides]),
  crop_pct: share.nullish(),
  crop_size: z.union([side, sides]).nullish(),
  do_center_crop: z.boolean().nullish(),
  resample: z
    .number()
    .int()
    .min(0)
    .max(RESAMPLE.length - 1)
    .nullish(),
  // Any other factor would change what mean and std mean.
  rescale_factor: z
    .number()
    .refine((factor) => Math.abs(255 * factor - 1) < 1e-6, 'must be 1/255')
    .nullish(),
  do_rescale: z.literal(true).nullish(),
  do_normalize: z.literal(true).nullish(),
  image_mean: perChannel.optional(),
  image_std: perChannel.optional(),
  do_flip_channel_order: z.boolean().nullish(),
});

/** Only processors of blue, green and red, such as MobileViT's, know no mean and no std. */
export const processorSchema = processorFields.refine(
  ({ image_mean, image_std, do_flip_channel_order }) =>
    do_flip_channel_order === true || (image_mean !== undefined && image_std !== undefined),
  'image_mean or image_std is missing',
);

type Processor = z.infer<typeof processorSchema>;
type Geometry = Pick<Preprocessing, 'size' | 'resize' | 'crop'>;

/**
 * As transformers' image processors do it with Pillow (`backend="pil"`); with torchvision, their default, values differ
 * by one level. transformers turns images as their files say, and rounds half a pixel down before a crop.
 */
export function fromProcessor(processor: Processor): FolderPreprocessing {
  const { resample, image_mean: mean = [0], image_std: std = [1] } = processor;
  const { geometry, assumed } = isConvNext(processor)
    ? { geometry: convNextGeometry(processor), assumed: [] }
    : usualGeometry(processor);
  const interpolation = RESAMPLE[resample ?? (isConvNext(processor) ? BICUBIC : BILINEAR)];
  const orientation = 'apply';
  const preprocessing = { ...geometry, cropRounding: 'down', orientation, mean, std } as const;
  return { preprocessing: geometry.resize === null ? preprocessing : { ...preprocessing, interpolation }, assumed };
}

/**
 * For the lines that export a network and convert it.
 * @returns `size`: `[height, width]`; `flags` of `convert`: means and deviations alone for a processor that is not
 *   known
 */
export function describedBy(processor: Readonly<Record<string, unknown>> | null): {
  size: [number, number] | null;
  flags: string[];
} {
  const { image_mean: mean, image_std: std } = processor ?? {};
  const said = (values: unknown) => (Array.isArray(values) ? values.map(Number).join() : '…');
  const known = processorSchema.safeParse(processor).data;
  const { orientation, ...geometry } = known === undefined ? {} : fromProcessor(known).preprocessing;
  const sizes = resizeFlags(geometry);
  return {
    size: geometry.size ?? null,
    flags: [
      ...(sizes === '' ? [] : [sizes]),
      ...(orientation === undefined ? [] : [`--orientation ${orientation}`]),
      ...[`--mean ${said(mean)}`, `--std ${said(std)}`],
    ],
  };
}

/** The processor of ConvNeXt, which ResNet and RegNet use, too. Other processors have no share. */
function isConvNext({ image_processor_type: type, feature_extractor_type: older, crop_pct: crop }: Processor): boolean {
  return crop != null || (type ?? older ?? '').startsWith('ConvNext');
}

function convNextGeometry({ size, crop_pct: crop }: Processor): Geometry {
  const edge = edgeOf(size);
  const square: [number, number] = [edge, edge];
  if (edge >= SQUEEZED_FROM) return { size: square, resize: square, crop: null };
  return { size: square, resize: Math.trunc(edge / (crop ?? CROP_SHARE)), crop: square };
}

function usualGeometry(processor: Processor): { geometry: Geometry; assumed: string[] } {
  const { size, crop_size: crop, do_center_crop: crops, do_resize: resizes } = processor;
  const exact = exactSize(processor);
  const cropped = crops === true || (exact === null && crops !== false) ? pairOf(crop) : null;
  if (exact !== null) {
    const resize = resizes === false ? null : exact;
    return { geometry: { size: cropped ?? exact, resize, crop: cropped }, assumed: [] };
  }
  const edge = edgeOf(size);
  const resize = resizes === false ? null : edge;
  const assumed = crops === false ? [`the middle of ${edge}×${edge} is taken, for which the folder does not ask`] : [];
  const taken = cropped ?? [edge, edge];
  return { geometry: { size: taken, resize, crop: taken }, assumed };
}

/** A number is a square, unless images are cropped: then it is the shorter side. */
function exactSize({ size, crop_size: crop, do_center_crop: crops }: Processor): [number, number] | null {
  if (typeof size === 'object') return 'height' in size ? [size.height, size.width] : null;
  const isCropped = crops ?? crop != null;
  return isCropped ? null : [size, size];
}

function edgeOf(size: Processor['size']): number {
  if (typeof size === 'number') return size;
  return 'shortest_edge' in size ? size.shortest_edge : Math.min(size.height, size.width);
}

function pairOf(size: Processor['crop_size']): [number, number] | null {
  if (size == null) return null;
  return typeof size === 'number' ? [size, size] : [size.height, size.width];
}

/** timm's `create_transform(**resolve_data_config(cfg))`. */
export function fromTimm(config: z.infer<typeof timmSchema>): PreprocessingOptions {
  const { input_size: input, crop_pct: crop, crop_mode: mode, interpolation, mean, std } = config;
  const size: [number, number] = [input[1], input[2]];
  const [height, width] = size.map((length) => Math.floor(length / (crop ?? CROP_SHARE))) as [number, number];
  const common = { size, crop: size, interpolation, mean, std };
  if (mode === 'squash') return { ...common, resize: [height, width] };
  if (mode === 'border') return { ...common, resize: [height, width], mode: 'longest' };
  return height === width ? { ...common, resize: height } : { ...common, resize: [height, width], mode: 'shortest' };
}
