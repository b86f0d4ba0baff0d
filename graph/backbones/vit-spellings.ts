/** How vision transformers are spelt, and how a body is read from the shapes of its tensors. */
import { OPENAI_TEXT } from './backbone.js';
import type { Hints, Proposal } from './family.js';
import { countOf, type Rules, type Shapes, type Spelling, spelling } from './spelling.js';
import { stylesOf, type VitBody, visionConfig } from './vit-body.js';
import { readRotary } from './vit-rotary.js';

const TIMM = spelling(
  'timm',
  /^(.*\.|)blocks\.0\.attn\.qkv\.weight$/,
  [
    [/^register_tokens$/, 'reg_token'],
    [/^blocks\.(\d+)\.gamma_([12])$/, 'blocks.$1.ls$2.gamma'],
    [/^(patch_embed|blocks|norm|norm_pre|fc_norm|attn_pool)\./, '$1.'],
    [/^(cls_token|dist_token|reg_token|pos_embed)$/, '$1'],
  ],
  { training: /^mask_token$/ },
);

const TORCHVISION = spelling('torchvision', /^(.*\.|)encoder\.layers\.encoder_layer_0\.ln_1\.weight$/, [
  [/^class_token$/, 'cls_token'],
  [/^encoder\.pos_embedding$/, 'pos_embed'],
  [/^conv_proj\./, 'patch_embed.proj.'],
  [/^encoder\.ln\./, 'norm.'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.ln_([12])\./, 'blocks.$1.norm$2.'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(\w+)$/, 'blocks.$1.attn.qkv.$2'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj\./, 'blocks.$1.attn.proj.'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:0|linear_1)\./, 'blocks.$1.mlp.fc1.'],
  [/^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:3|linear_2)\./, 'blocks.$1.mlp.fc2.'],
  [/^(encoder\..*)$/, '$1'],
]);

/** Attention of transformers, whose queries, keys and values are apart. */
function apart(layer: string, parts: readonly [string, string, string]): Rules {
  return parts.map((part, i) => [new RegExp(`^${layer}\\.${part}\\.(\\w+)$`), `blocks.$1.attn.qkv.$2#${i}`] as const);
}

const EMBEDDINGS: Rules = [
  [/^embeddings\.cls_token$/, 'cls_token'],
  [/^embeddings\.distillation_token$/, 'dist_token'],
  [/^embeddings\.register_tokens$/, 'reg_token'],
  [/^embeddings\.position_embeddings$/, 'pos_embed'],
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
];

const LAYER = '(?:encoder\\.layer|layers)\\.(\\d+)';

/** ViT, DeiT and DINOv2 of transformers. */
const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)(?:encoder\.layer|layers)\.0\.attention\.(?:attention\.query|q_proj)\.weight$/,
  [
    ...EMBEDDINGS,
    ...apart(`${LAYER}\\.attention\\.attention`, ['query', 'key', 'value']),
    // As transformers 5 calls them while they are in memory.
    ...apart(`${LAYER}\\.attention`, ['q_proj', 'k_proj', 'v_proj']),
    [new RegExp(`^${LAYER}\\.attention\\.(?:output\\.dense|o_proj)\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${LAYER}\\.(?:layernorm_before|norm1)\\.`), 'blocks.$1.norm1.'],
    [new RegExp(`^${LAYER}\\.(?:layernorm_after|norm2)\\.`), 'blocks.$1.norm2.'],
    [new RegExp(`^${LAYER}\\.(?:intermediate\\.dense|mlp\\.fc1)\\.`), 'blocks.$1.mlp.fc1.'],
    [new RegExp(`^${LAYER}\\.(?:output\\.dense|mlp\\.fc2)\\.`), 'blocks.$1.mlp.fc2.'],
    [new RegExp(`^${LAYER}\\.layer_scale([12])\\.lambda1$`), 'blocks.$1.ls$2.gamma'],
    [/^layernorm\./, 'norm.'],
    [/^pooler\./, 'pooler.'],
    [/^((?:encoder|layers)\..*)$/, '$1'],
  ],
  { training: /^embeddings\.mask_token$/ },
);

/** Transformers 5 has `model.` before the layers while they are in memory. */
const DINOV3_LAYER = '(?:model\\.)?layer\\.(\\d+)';

const DINOV3 = spelling(
  'transformers',
  /^(.*\.|)embeddings\.patch_embeddings\.weight$/,
  [
    ...EMBEDDINGS,
    [/^embeddings\.patch_embeddings\./, 'patch_embed.proj.'],
    [new RegExp(`^${DINOV3_LAYER}\\.attention\\.([qv])_proj\\.bias$`), 'blocks.$1.attn.$2_bias'],
    ...apart(`${DINOV3_LAYER}\\.attention`, ['q_proj', 'k_proj', 'v_proj']),
    [new RegExp(`^${DINOV3_LAYER}\\.attention\\.o_proj\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${DINOV3_LAYER}\\.norm([12])\\.`), 'blocks.$1.norm$2.'],
    [new RegExp(`^${DINOV3_LAYER}\\.mlp\\.up_proj\\.`), 'blocks.$1.mlp.fc1.'],
    [new RegExp(`^${DINOV3_LAYER}\\.mlp\\.down_proj\\.`), 'blocks.$1.mlp.fc2.'],
    [new RegExp(`^${DINOV3_LAYER}\\.layer_scale([12])\\.lambda1$`), 'blocks.$1.ls$2.gamma'],
    [/^norm\./, 'norm.'],
    [/^((?:model|layer)\..*)$/, '$1'],
  ],
  { training: /^embeddings\.mask_token$/ },
);

/** The towers of CLIP and SigLIP, given without `vision_model.`. */
const TOWER_LAYER = 'encoder\\.layers\\.(\\d+)';

function tower(prefix: string): Rules {
  const layer = prefix + TOWER_LAYER;
  return [
    [new RegExp(`^${prefix}embeddings\\.class_embedding$`), 'cls_token'],
    [new RegExp(`^${prefix}embeddings\\.position_embedding\\.weight$`), 'pos_embed'],
    [new RegExp(`^${prefix}embeddings\\.patch_embedding\\.`), 'patch_embed.proj.'],
    [new RegExp(`^${prefix}pre_layrnorm\\.`), 'norm_pre.'],
    [new RegExp(`^${prefix}post_layernorm\\.`), 'norm.'],
    ...apart(`${layer}\\.self_attn`, ['q_proj', 'k_proj', 'v_proj']),
    [new RegExp(`^${layer}\\.self_attn\\.out_proj\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${layer}\\.layer_norm([12])\\.`), 'blocks.$1.norm$2.'],
    [new RegExp(`^${layer}\\.mlp\\.`), 'blocks.$1.mlp.'],
  ];
}

const POSITION_NUMBERS = /(^|\.)embeddings\.position_ids$/;

/** CLIP normalises the class token alone, the network here all tokens. */
const LAST_NORM = /(^|\.)(post_layernorm|ln_post)$/;

const CLIP_MORE = { computed: POSITION_NUMBERS, differing: LAST_NORM };

const CLIP = spelling(
  'transformers',
  /^(.*\.|)vision_model\.embeddings\.class_embedding$/,
  [[/^visual_projection\./, 'projection.'], ...tower('vision_model\\.')],
  { training: /^(text_model\.|text_projection\.|logit_scale$)/, ...CLIP_MORE },
);

/** As transformers 5 saves the tower alone. */
const CLIP_ALONE = spelling('transformers', /^((?:.*\.)?)embeddings\.class_embedding$/, tower(''), CLIP_MORE);

const SIGLIP = spelling(
  'transformers',
  /^(.*\.|)head\.probe$/,
  [
    [/^head\.probe$/, 'attn_pool.latent'],
    [/^head\.attention\.out_proj\./, 'attn_pool.proj.'],
    [/^head\.layernorm\./, 'attn_pool.norm.'],
    [/^head\.mlp\./, 'attn_pool.mlp.'],
    ...tower(''),
  ],
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
function openAiTower(prefix: string): Rules {
  const block = `${prefix}transformer\\.resblocks\\.(\\d+)`;
  return [
    [new RegExp(`^${prefix}class_embedding$`), 'cls_token'],
    [new RegExp(`^${prefix}positional_embedding$`), 'pos_embed'],
    [new RegExp(`^${prefix}conv1\\.`), 'patch_embed.proj.'],
    [new RegExp(`^${prefix}ln_pre\\.`), 'norm_pre.'],
    [new RegExp(`^${prefix}ln_post\\.`), 'norm.'],
    [new RegExp(`^${prefix}proj$`), 'projection.weight^T'],
    [new RegExp(`^${block}\\.attn\\.in_proj_(\\w+)$`), 'blocks.$1.attn.qkv.$2'],
    [new RegExp(`^${block}\\.attn\\.out_proj\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${block}\\.ln_([12])\\.`), 'blocks.$1.norm$2.'],
    [new RegExp(`^${block}\\.mlp\\.c_fc\\.`), 'blocks.$1.mlp.fc1.'],
    [new RegExp(`^${block}\\.mlp\\.c_proj\\.`), 'blocks.$1.mlp.fc2.'],
    [new RegExp(`^(${prefix}transformer\\..*)$`), '$1'],
  ];
}

const OPENAI = spelling('open_clip', /^(.*\.|)visual\.class_embedding$/, openAiTower('visual\\.'), {
  training: OPENAI_TEXT,
  differing: LAST_NORM,
});

const OPENAI_ALONE = spelling('open_clip', /^((?:.*\.)?)class_embedding$/, openAiTower(''), { differing: LAST_NORM });

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
