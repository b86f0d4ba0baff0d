/** The body of a vision transformer as data, and what no tensor of it says: the kind of GELU, and ε. */
import * as z from 'zod';
import { type PointwiseFunction, TRANSFORMERS_ACTIVATIONS } from '../operations/pointwise.js';
import type { Hints } from './family.js';
import { blocks, channels, channelsOrNone, eps, heads } from './limits.js';

/** Those that perceptrons of transformers have. */
const TOKEN_ACTIVATIONS: readonly PointwiseFunction[] = [...new Set(TRANSFORMERS_ACTIVATIONS.values())];

export const schema = z
  .object({
    family: z.literal('vit'),
    /** Patches along each side of the image. */
    grid: z.number().int().min(1).max(256),
    /** Side of a patch, pixels. */
    patch: z.number().int().min(1).max(64),
    width: channels,
    depth: blocks,
    heads,
    /** Width inside the perceptron of a block. */
    hidden: channels,
    classToken: z.boolean(),
    /** Whether a token for a teacher's answer stands after the class token (distilled DeiT). Default: no. */
    distillation: z.boolean().optional(),
    /** Register tokens (DINOv2), after the class token. */
    registers: z.number().int().min(0).max(64),
    /** Class token and patches, or patches only; `rotary`: patches, by turned queries and keys (DINOv3). */
    positions: z.enum(['all', 'patches', 'rotary']),
    /** θ of rotary positions. */
    theta: z.number().positive().optional(),
    patchBias: z.boolean(),
    /** `apart`: those of queries and values are tensors of their own, and keys have none. */
    qkvBias: z.union([z.boolean(), z.literal('apart')]),
    /** Whether a layer norm stands before the blocks, as in CLIP. */
    preNorm: z.boolean(),
    /** A factor a channel after attention and perceptron (DINOv2). */
    layerScale: z.boolean(),
    activation: z.enum(TOKEN_ACTIVATIONS),
    /** ε of the layer norms. */
    eps,
    /** Whether there is a norm after the blocks. Default: yes, unless `fcNorm`. */
    lastNorm: z.boolean().optional(),
    /**
     * The class token after the last norm; the mean of the patches, then a norm if `fcNorm`; what a learned query makes
     * of all tokens (SigLIP); `pair`: the mean of class and distillation token, and of the scores of their two heads;
     * `token-and-mean`: the class token, and beside it the mean of the patches.
     */
    pool: z.enum(['token', 'mean', 'attention', 'pair', 'token-and-mean']),
    fcNorm: z.boolean(),
    /** transformers' pooler after the class token: a Linear and tanh. */
    pooler: z.boolean(),
    /** Outputs of CLIP's projection; 0: none. */
    projection: channelsOrNone,
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
export type VitBody = z.infer<typeof schema>;

/** The part of `config.json` that is about images. */
export function visionConfig({ config }: Hints): Readonly<Record<string, unknown>> | undefined {
  const inner = config?.['vision_config'];
  return typeof inner === 'object' && inner !== null ? { ...inner } : config;
}

export type Style = Pick<VitBody, 'activation' | 'eps'> & { reading: string; assumed: string[] };

/** What no tensor says: the kind of GELU and ε. */
export function stylesOf(hints: Hints, known: Known): Style[] {
  switch (hints.spelling) {
    case 'torchvision':
      return [{ activation: 'gelu', eps: 1e-6, reading: 'torchvision:vit', assumed: [] }];
    case 'transformers':
      return transformersStyles(hints, known);
    case 'open_clip':
      return openClipStyles(hints);
    default:
      return timmStyles(hints, known);
  }
}

type Known = Pick<VitBody, 'preNorm' | 'layerScale' | 'pool' | 'classToken' | 'positions'>;

/** By transformers' types. */
const USUAL = {
  clip: ['quick_gelu', 1e-5],
  dinov2: ['gelu', 1e-6],
  dinov3_vit: ['gelu', 1e-5],
  siglip: ['gelu_tanh', 1e-6],
  vit: ['gelu', 1e-12],
} as const;

function typeOf({ preNorm, layerScale, pool, positions }: Known): keyof typeof USUAL {
  if (positions === 'rotary') return 'dinov3_vit';
  if (preNorm) return 'clip';
  if (layerScale) return 'dinov2';
  return pool === 'attention' ? 'siglip' : 'vit';
}

function transformersStyles(hints: Hints, known: Known): Style[] {
  const type = typeOf(known);
  const config = visionConfig(hints);
  const said = config?.['hidden_act'];
  const activation = typeof said === 'string' ? TRANSFORMERS_ACTIVATIONS.get(said) : USUAL[type][0];
  const eps = config?.['layer_norm_eps'];
  if (activation === undefined) return [];
  const assumed = config === undefined ? [`its activation is ${activation}, as transformers' ${type} has it`] : [];
  const reading = `transformers:${type}`;
  return [{ activation, eps: typeof eps === 'number' ? eps : USUAL[type][1], reading, assumed }];
}

/** open_clip has OpenAI's networks, too, under names that end in `-quickgelu`. */
function openClipStyles(hints: Hints): Style[] {
  const { library, architecture = '' } = hints;
  const style = (activation: VitBody['activation'], name: string): Style => {
    return { activation, eps: 1e-5, reading: `open_clip:${name}`, assumed: [] };
  };
  const styles = [style('gelu', 'ViT-B-32'), style('quick_gelu', 'ViT-B-32-quickgelu')];
  const said = visionConfig(hints)?.['hidden_act'];
  if (library === 'open_clip') {
    return styles.filter(({ activation }) => (activation === 'quick_gelu') === /quickgelu/i.test(architecture));
  }
  return typeof said === 'string'
    ? styles.filter(({ activation }) => activation === TRANSFORMERS_ACTIVATIONS.get(said))
    : styles;
}

function timmStyles({ forward }: Hints, { preNorm, pool, classToken, positions }: Known): Style[] {
  const style = (activation: VitBody['activation'], name: string, eps: number): Style => {
    return { activation, eps, reading: `timm:${name}`, assumed: [] };
  };
  if (forward !== undefined) {
    const activation = TOKEN_ACTIVATIONS.find((name) => name === (forward.activation ?? 'gelu'));
    return activation === undefined ? [] : [style(activation, 'vit', forward.eps ?? 1e-6)];
  }
  if (positions === 'rotary') {
    const assumed = ['its patches have rotary positions, as those of DINOv3, since no tensor has any'];
    return [{ ...style('gelu', 'vit_small_patch16_dinov3', 1e-5), assumed }];
  }
  if (preNorm) {
    return [
      style('gelu', 'vit_base_patch16_clip_224', 1e-5),
      style('quick_gelu', 'vit_base_patch16_clip_quickgelu_224', 1e-5),
    ];
  }
  const usual = style('gelu', classToken ? 'vit' : 'vit_base_patch16_siglip_224', 1e-6);
  if (classToken && pool !== 'attention') return [usual];
  return [usual, style('gelu_tanh', 'vit_base_patch32_siglip_256', 1e-6)];
}
