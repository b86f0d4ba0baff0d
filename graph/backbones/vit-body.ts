/** The body of a vision transformer as data. */
import { z } from 'zod';
import { type PointwiseFunction, TRANSFORMERS_ACTIVATIONS } from '../operations/pointwise.js';
import { blocks, channels } from './limits.js';

/** Those that perceptrons of transformers have. */
export const TOKEN_ACTIVATIONS: readonly PointwiseFunction[] = [...new Set(TRANSFORMERS_ACTIVATIONS.values())];

export interface VitBody {
  family: 'vit';
  /** Patches along each side of the image. */
  grid: number;
  /** Side of a patch, pixels. */
  patch: number;
  width: number;
  depth: number;
  heads: number;
  /** Width inside the perceptron of a block. */
  hidden: number;
  classToken: boolean;
  /** Whether a token for a teacher's answer stands after the class token (distilled DeiT). Default: no. */
  distillation?: boolean | undefined;
  /** Register tokens (DINOv2), after the class token. */
  registers: number;
  /**
   * What has a position: the class token and the patches, or the patches only; `rotary`: patches, by turning queries and
   * keys (DINOv3).
   */
  positions: 'all' | 'patches' | 'rotary';
  /** θ of rotary positions. */
  theta?: number | undefined;
  patchBias: boolean;
  /** `apart`: those of queries and values are tensors of their own, and keys have none. */
  qkvBias: boolean | 'apart';
  /** Whether a layer norm stands before the blocks, as in CLIP. */
  preNorm: boolean;
  /** A factor a channel after attention and perceptron (DINOv2). */
  layerScale: boolean;
  activation: PointwiseFunction;
  /** ε of the layer norms. */
  eps: number;
  /** Whether there is a norm after the blocks. Default: yes, unless `fcNorm`. */
  lastNorm?: boolean | undefined;
  /**
   * The features: the class token after the last norm; the mean of the patches, then a norm if `fcNorm`; or what a learned
   * query makes of all tokens, by attention and a perceptron (SigLIP). `pair`: the mean of class token and distillation token,
   * each of which has a head of its own; the scores are of the mean of both heads. `token-and-mean`: the class token, and beside
   * it the mean of the patches, in twice as many values.
   */
  pool: 'token' | 'mean' | 'attention' | 'pair' | 'token-and-mean';
  fcNorm: boolean;
  /** transformers' pooler after the class token: a Linear and tanh. */
  pooler: boolean;
  /** Outputs of CLIP's projection; 0: none. */
  projection: number;
}

export const schema: z.ZodType<VitBody> = z
  .object({
    family: z.literal('vit'),
    grid: z.number().int().min(1).max(256),
    patch: z.number().int().min(1).max(64),
    width: channels,
    depth: blocks,
    heads: z.number().int().min(1).max(128),
    hidden: channels,
    classToken: z.boolean(),
    distillation: z.boolean().optional(),
    registers: z.number().int().min(0).max(64),
    positions: z.enum(['all', 'patches', 'rotary']),
    theta: z.number().positive().optional(),
    patchBias: z.boolean(),
    qkvBias: z.union([z.boolean(), z.literal('apart')]),
    preNorm: z.boolean(),
    layerScale: z.boolean(),
    activation: z.enum(TOKEN_ACTIVATIONS),
    eps: z.number().positive().max(1),
    lastNorm: z.boolean().optional(),
    pool: z.enum(['token', 'mean', 'attention', 'pair', 'token-and-mean']),
    fcNorm: z.boolean(),
    pooler: z.boolean(),
    projection: z.number().int().min(0).max(65_536),
  })
  .refine(({ width, heads }) => width % heads === 0, 'the width is not a multiple of the heads')
  .refine(({ positions, theta }) => (positions === 'rotary') === (theta !== undefined), 'rotary positions need a θ')
  .refine(
    ({ theta, width, heads }) => theta === undefined || (width / heads) % 4 === 0,
    'channels of a head turn in fours',
  )
  .refine(
    ({ pool, classToken }) => !['token', 'token-and-mean'].includes(pool) || classToken,
    'there is no class token to take',
  )
  .refine(({ pool, distillation }) => pool !== 'pair' || distillation === true, 'there is no second token to take')
  .refine(
    ({ distillation, classToken, registers, positions }) =>
      distillation !== true || (classToken && registers === 0 && positions === 'all'),
    'a second token stands after a class token, without registers, and has a position',
  );
