/** How vision transformers are spelt, and how a body is read from the shapes of its tensors. */
import { OPENAI_TEXT } from './backbone.js';
import type { Hints, Proposal } from './family.js';
import { countOf, listed, type Shapes, type Spelling, spelling } from './spelling.js';
import { stylesOf, type VitBody, visionConfig } from './vit-body.js';
import { readRotary } from './vit-rotary.js';

const TIMM = spelling('timm', /^(.*\.|)blocks\.0\.attn\.qkv\.weight$/, listed('vit timm'), {
  training: /^mask_token$/,
});

const TORCHVISION = spelling(
  'torchvision',
  /^(.*\.|)encoder\.layers\.encoder_layer_0\.ln_1\.weight$/,
  listed('vit torchvision'),
);

const MASK_TOKEN = { training: /^embeddings\.mask_token$/ };

/** ViT, DeiT and DINOv2 of transformers, whose version 5 has other names for them while they are in memory. */
const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)(?:encoder\.layer|layers)\.0\.attention\.(?:attention\.query|q_proj)\.weight$/,
  listed('vit transformers'),
  MASK_TOKEN,
);

/** Transformers 5 has `model.` before the layers while they are in memory. */
const DINOV3 = spelling(
  'transformers',
  /^(.*\.|)embeddings\.patch_embeddings\.weight$/,
  listed('vit transformers dinov3'),
  MASK_TOKEN,
);

/** The towers of CLIP and SigLIP. */
const TOWER = 'vit transformers tower';

const POSITION_NUMBERS = /(^|\.)embeddings\.position_ids$/;

/** CLIP normalises the class token alone, the network here all tokens. */
const LAST_NORM = /(^|\.)(post_layernorm|ln_post)$/;

const CLIP_MORE = { computed: POSITION_NUMBERS, differing: LAST_NORM };

const CLIP = spelling(
  'transformers',
  /^(.*\.|)vision_model\.embeddings\.class_embedding$/,
  [[/^visual_projection\./, 'projection.'], ...listed(TOWER, 'vision_model.')],
  { training: /^(text_model\.|text_projection\.|logit_scale$)/, ...CLIP_MORE },
);

/** As transformers 5 saves the tower alone. */
const CLIP_ALONE = spelling('transformers', /^((?:.*\.)?)embeddings\.class_embedding$/, listed(TOWER), CLIP_MORE);

const SIGLIP = spelling(
  'transformers',
  /^(.*\.|)head\.probe$/,
  [...listed('vit transformers siglip'), ...listed(TOWER)],
  { computed: POSITION_NUMBERS },
);

/** Queries, keys and values of SigLIP's pooling are one tensor in transformers. */
const SIGLIP_WITH_POOLING: Spelling = {
  ...SIGLIP,
  rename(name, place) {
    const [, tensor] = /^head\.attention\.in_proj_(\w+)$/.exec(name) ?? [];
    if (tensor === undefined) return SIGLIP.rename(name, place);
    return [`attn_pool.q.${tensor}`, `attn_pool.kv.${tensor}#0`, `attn_pool.kv.${tensor}#1`];
  },
};

/** OpenAI's own names, which open_clip has, too. */
const OPENAI = spelling('open_clip', /^(.*\.|)visual\.class_embedding$/, listed('vit open_clip', 'visual.'), {
  training: OPENAI_TEXT,
  differing: LAST_NORM,
});

const OPENAI_ALONE = spelling('open_clip', /^((?:.*\.)?)class_embedding$/, listed('vit open_clip'), {
  differing: LAST_NORM,
});

export const VIT_SPELLINGS: readonly Spelling[] = [
  ...[TIMM, TORCHVISION, TRANSFORMERS, DINOV3, CLIP, CLIP_ALONE, SIGLIP_WITH_POOLING, OPENAI, OPENAI_ALONE],
];

export function proposeVit(shapes: Shapes, hints: Hints): Proposal<VitBody>[] {
  const filter = shapes.get('patch_embed.proj.weight');
  const hidden = shapes.get('blocks.0.mlp.fc1.weight')?.[0];
  if (filter?.length !== 4 || hidden === undefined) return [];
  const [width = 0, channels = 0, patch = 0] = filter;
  const classToken = shapes.has('cls_token');
  const distillation = shapes.has('dist_token');
  const registers = dense(shapes.get('reg_token'))?.at(-2) ?? (shapes.has('reg_token') ? 1 : 0);
  const placed = shapes.has('pos_embed')
    ? placedAt(shapes, (classToken ? 1 : 0) + (distillation ? 1 : 0))
    : readRotary(hints, patch, registers);
  if (placed === null) return [];
  if (width < LEAST_WIDTH && visionConfig(hints) === undefined && hints.forward?.heads === undefined) return [];
  const depth = countOf((i) => shapes.has(`blocks.${i}.norm1.weight`));
  const fcNorm = shapes.has('fc_norm.weight');
  const pools = shapes.has('attn_pool.latent');
  const pool = pools ? 'attention' : tokenPool(hints, { classToken, distillation, fcNorm });
  // timm has no norm of its own after the class token.
  if ((pool === 'attention') !== pools || (pool === 'token' && fcNorm)) return [];
  const { heads, ...said } = readHeads(width, hints);
  const { classifies } = hints;
  const asClass = classifies === undefined || classifies === 'pooled' ? null : CLASSIFIERS[classifies];
  const base = {
    family: 'vit',
    ...{ patch, width, depth, heads, hidden, classToken, registers },
    patchBias: shapes.has('patch_embed.proj.bias'),
    qkvBias: shapes.has('blocks.0.attn.q_bias') ? 'apart' : shapes.has('blocks.0.attn.qkv.bias'),
    preNorm: shapes.has('norm_pre.weight'),
    layerScale: shapes.has('blocks.0.ls1.gamma'),
    ...(distillation ? { distillation } : {}),
    pool,
    fcNorm,
    pooler: shapes.has('pooler.dense.weight'),
    projection: shapes.get('projection.weight')?.[0] ?? 0,
    ...placed,
  } as const;
  return stylesOf(hints, base).map(({ reading, assumed, ...style }) => ({
    body: { ...base, ...style, ...asClass?.body },
    channels,
    assumed: [...said.assumed, ...assumed],
    reading,
    // transformers saves registers also where there are none.
    unused: asClass?.unused ?? (shapes.has('reg_token') && registers === 0 ? /^reg_token$/ : undefined),
  }));
}

/** What classes of transformers give their classifiers, and tensors of the usual embedding that they do not use. */
const CLASSIFIERS = {
  token: { body: { pool: 'token', pooler: false }, unused: /^pooler\./ },
  mean: { body: { pool: 'mean' }, unused: /^attn_pool\./ },
  'mean-before-norm': { body: { pool: 'mean', lastNorm: false }, unused: /^norm\./ },
  'token-and-mean': { body: { pool: 'token-and-mean' }, unused: undefined },
} as const;

/** transformers takes the class token alone, unless there is a head for each of the two. */
function tokenPool(
  { spelling, forward }: Hints,
  { classToken, distillation, fcNorm }: { classToken: boolean; distillation: boolean; fcNorm: boolean },
): VitBody['pool'] {
  if (distillation && spelling === 'timm') return 'pair';
  if (forward?.pool !== undefined) return forward.pool;
  return classToken && !fcNorm ? 'token' : 'mean';
}

/** What a table of positions says, where so many tokens stand before the patches; null if it has none for a square. */
function placedAt(shapes: Shapes, first: number): Pick<VitBody, 'grid' | 'positions'> | null {
  const positions = dense(shapes.get('pos_embed'));
  if (positions?.length !== 2) return null;
  const grids = [positions[0]! - first, positions[0]!].map(Math.sqrt);
  const grid = grids.find(Number.isInteger);
  return grid === undefined ? null : { grid, positions: first > 0 && grid === grids[0] ? 'all' : 'patches' };
}

/** Without the dimensions of 1 in front. */
function dense(shape: readonly number[] | undefined): readonly number[] | undefined {
  return shape?.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
}

/** Networks whose heads do not have 64 channels: ViT-H/14, ViT-g/14, SigLIP's So400m, ViT-G/14. */
const HEADS: Readonly<Record<number, number>> = { 1280: 16, 1408: 16, 1152: 16, 1664: 16 };
const HEAD_CHANNELS = 64;
/** Narrower networks have heads of other widths, which only `config.json` tells. */
const LEAST_WIDTH = 192;

/** No tensor says how many heads there are. */
function readHeads(width: number, hints: Hints): { heads: number; assumed: string[] } {
  const said = hints.forward?.heads ?? visionConfig(hints)?.['num_attention_heads'];
  if (typeof said === 'number') return { heads: said, assumed: [] };
  const heads = HEADS[width] ?? Math.max(1, Math.round(width / HEAD_CHANNELS));
  return {
    heads,
    assumed: [`it has ${heads} heads of ${width / heads} channels, as networks of this width usually have`],
  };
}
