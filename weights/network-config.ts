/**
 * How a network differs from torchvision's network of the same name: its body, and the layers of its head. It is stored in
 * `model.json`, and left out where nothing differs.
 */
import { z } from 'zod';

const MAX_HEAD_LAYERS = 64;

/** The layers before the head. What stands in it besides the family is the family's matter (`graph/backbones/`). */
export interface Body {
  family: string;
}

export const bodySchema: z.ZodType<Body> = z.looseObject({ family: z.string().min(1).max(64) });

/** Layers of a head that have no tensors. */
export const ACTIVATIONS = [
  'relu',
  'relu6',
  'leaky_relu',
  'elu',
  'gelu',
  'silu',
  'hardswish',
  'tanh',
  'sigmoid',
] as const;

export type HeadActivation = (typeof ACTIVATIONS)[number];

/** A layer of a head. */
export interface HeadLayer {
  /**
   * Its path inside the head, e.g. its position in a Sequential; empty for a layer that is the whole head; null for an
   * activation that is no module of its own.
   */
  name: string | null;
  layer: 'linear' | 'batch_norm' | 'dropout' | HeadActivation;
  /** Output features of a `linear`. */
  outputs?: number | undefined;
  /** Whether a `linear` has a bias; default: it has. */
  bias?: boolean | undefined;
}

export const headLayerSchema = z.object({
  name: z.string().max(256).nullable(),
  layer: z.enum(['linear', 'batch_norm', 'dropout', ...ACTIVATIONS]),
  outputs: z.number().int().min(1).max(1_000_000).optional(),
  bias: z.boolean().optional(),
}) satisfies z.ZodType<HeadLayer>;

export const headLayersSchema = z.array(headLayerSchema).max(MAX_HEAD_LAYERS);
