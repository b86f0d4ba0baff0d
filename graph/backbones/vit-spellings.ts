/** How vision transformers are spelt, and how a body is read from the shapes of its tensors. */
import type { Hints, Proposal, Shapes, Spelling } from './family.js';
import type { VitBody } from './vit-body.js';

/** From modules of another library to timm's: `[pattern, replacement]`, of which the first that fits is taken. */
type Rules = readonly (readonly [RegExp, string])[];

function spelling(library: Spelling['library'], anchor: RegExp, rules: Rules, training?: RegExp): Spelling {
  return {
    library,
    anchor,
    ...(training === undefined ? {} : { training }),
    rename(name) {
      const rule = rules.find(([pattern]) => pattern.test(name));
      return rule === undefined ? null : name.replace(rule[0], rule[1]);
    },
  };
}

const TIMM = spelling(
  'timm',
  /^(.*\.|)blocks\.0\.attn\.qkv\.weight$/,
  [
    [/^register_tokens$/, 'reg_token'],
    [/^(patch_embed|blocks|norm|norm_pre|fc_norm)\./, '$1.'],
    [/^(cls_token|reg_token|pos_embed)$/, '$1'],
  ],
  /^mask_token$/,
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
  [/^embeddings\.register_tokens$/, 'reg_token'],
  [/^embeddings\.position_embeddings$/, 'pos_embed'],
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
];

const LAYER = 'encoder\\.layer\\.(\\d+)';

/** ViT, DeiT and DINOv2 of transformers. */
const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)encoder\.layer\.0\.attention\.attention\.query\.weight$/,
  [
    ...EMBEDDINGS,
    ...apart(`${LAYER}\\.attention\\.attention`, ['query', 'key', 'value']),
    [new RegExp(`^${LAYER}\\.attention\\.output\\.dense\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${LAYER}\\.(?:layernorm_before|norm1)\\.`), 'blocks.$1.norm1.'],
    [new RegExp(`^${LAYER}\\.(?:layernorm_after|norm2)\\.`), 'blocks.$1.norm2.'],
    [new RegExp(`^${LAYER}\\.(?:intermediate\\.dense|mlp\\.fc1)\\.`), 'blocks.$1.mlp.fc1.'],
    [new RegExp(`^${LAYER}\\.(?:output\\.dense|mlp\\.fc2)\\.`), 'blocks.$1.mlp.fc2.'],
    [new RegExp(`^${LAYER}\\.layer_scale([12])\\.lambda1$`), 'blocks.$1.ls$2.gamma'],
    [/^layernorm\./, 'norm.'],
    [/^pooler\./, 'pooler.'],
    [/^(encoder\..*)$/, '$1'],
  ],
  /^embeddings\.mask_token$/,
);

const CLIP_LAYER = 'vision_model\\.encoder\\.layers\\.(\\d+)';

const CLIP = spelling(
  'transformers',
  /^(.*\.|)vision_model\.embeddings\.class_embedding$/,
  [
    [/^vision_model\.embeddings\.class_embedding$/, 'cls_token'],
    [/^vision_model\.embeddings\.position_embedding\.weight$/, 'pos_embed'],
    [/^vision_model\.embeddings\.patch_embedding\./, 'patch_embed.proj.'],
    [/^vision_model\.pre_layrnorm\./, 'norm_pre.'],
    [/^vision_model\.post_layernorm\./, 'norm.'],
    [/^visual_projection\./, 'projection.'],
    ...apart(`${CLIP_LAYER}\\.self_attn`, ['q_proj', 'k_proj', 'v_proj']),
    [new RegExp(`^${CLIP_LAYER}\\.self_attn\\.out_proj\\.`), 'blocks.$1.attn.proj.'],
    [new RegExp(`^${CLIP_LAYER}\\.layer_norm([12])\\.`), 'blocks.$1.norm$2.'],
    [new RegExp(`^${CLIP_LAYER}\\.mlp\\.`), 'blocks.$1.mlp.'],
  ],
  /^(text_model\.|text_projection\.|logit_scale$|(vision_model|text_model)\.embeddings\.position_ids$)/,
);

export const VIT_SPELLINGS: readonly Spelling[] = [TIMM, TORCHVISION, TRANSFORMERS, CLIP];

export function proposeVit(shapes: Shapes, hints: Hints): Proposal<VitBody>[] {
  const filter = shapes.get('patch_embed.proj.weight');
  const hidden = shapes.get('blocks.0.mlp.fc1.weight')?.[0];
  const positions = dense(shapes.get('pos_embed'));
  if (filter?.length !== 4 || hidden === undefined || positions?.length !== 2) return [];
  const [width = 0, channels = 0, patch = 0] = filter;
  const classToken = shapes.has('cls_token');
  const registers = dense(shapes.get('reg_token'))?.at(-2) ?? (shapes.has('reg_token') ? 1 : 0);
  const grids = [positions[0]! - (classToken ? 1 : 0), positions[0]!].map(Math.sqrt);
  const grid = grids.find(Number.isInteger);
  if (grid === undefined) return [];
  if (width < LEAST_WIDTH && visionConfig(hints) === undefined) return [];
  let depth = 0;
  while (shapes.has(`blocks.${depth}.norm1.weight`)) depth++;
  const fcNorm = shapes.has('fc_norm.weight');
  const { heads, ...said } = readHeads(width, hints);
  const base = {
    family: 'vit',
    ...{ grid, patch, width, depth, heads, hidden, classToken, registers },
    positions: classToken && grid === grids[0] ? 'all' : 'patches',
    patchBias: shapes.has('patch_embed.proj.bias'),
    qkvBias: shapes.has('blocks.0.attn.qkv.bias'),
    preNorm: shapes.has('norm_pre.weight'),
    layerScale: shapes.has('blocks.0.ls1.gamma'),
    pool: classToken && !fcNorm ? 'token' : 'mean',
    fcNorm,
    pooler: shapes.has('pooler.dense.weight'),
    projection: shapes.get('projection.weight')?.[0] ?? 0,
  } as const;
  return stylesOf(hints, base).map(({ reading, assumed, ...style }) => ({
    body: { ...base, ...style },
    channels,
    assumed: [...said.assumed, ...assumed],
    reading,
  }));
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
  const said = visionConfig(hints)?.['num_attention_heads'];
  if (typeof said === 'number') return { heads: said, assumed: [] };
  const heads = HEADS[width] ?? Math.max(1, Math.round(width / HEAD_CHANNELS));
  return {
    heads,
    assumed: [`it has ${heads} heads of ${width / heads} channels, as networks of this width usually have`],
  };
}

/** The part of `config.json` that is about images. */
function visionConfig({ config }: Hints): Readonly<Record<string, unknown>> | undefined {
  const inner = config?.['vision_config'];
  return typeof inner === 'object' && inner !== null ? { ...inner } : config;
}

type Style = Pick<VitBody, 'activation' | 'eps'> & { reading: string; assumed: string[] };

/** By transformers' names. */
const ACTIVATIONS: Readonly<Record<string, VitBody['activation']>> = {
  gelu: 'gelu',
  quick_gelu: 'quick_gelu',
  gelu_pytorch_tanh: 'gelu_tanh',
};

/** What no tensor says: the kind of GELU and ε. */
function stylesOf(hints: Hints, { preNorm, layerScale }: Pick<VitBody, 'preNorm' | 'layerScale'>): Style[] {
  const { spelling: whose, library, architecture = '' } = hints;
  if (whose === 'torchvision') return [{ activation: 'gelu', eps: 1e-6, reading: 'torchvision:vit', assumed: [] }];
  if (whose === 'transformers') {
    const type = preNorm ? 'clip' : layerScale ? 'dinov2' : 'vit';
    const usual = { clip: ['quick_gelu', 1e-5], dinov2: ['gelu', 1e-6], vit: ['gelu', 1e-12] } as const;
    const config = visionConfig(hints);
    const said = config?.['hidden_act'];
    const activation = typeof said === 'string' ? ACTIVATIONS[said] : usual[type][0];
    const eps = config?.['layer_norm_eps'];
    if (activation === undefined) return [];
    const assumed = config === undefined ? [`its activation is ${activation}, as transformers' ${type} has it`] : [];
    return [
      { activation, eps: typeof eps === 'number' ? eps : usual[type][1], reading: `transformers:${type}`, assumed },
    ];
  }
  if (!preNorm) return [{ activation: 'gelu', eps: 1e-6, reading: 'timm:vit', assumed: [] }];
  const styles: Style[] = [
    { activation: 'gelu', eps: 1e-5, reading: 'timm:vit_base_patch16_clip_224', assumed: [] },
    { activation: 'quick_gelu', eps: 1e-5, reading: 'timm:vit_base_patch16_clip_quickgelu_224', assumed: [] },
  ];
  if (library !== 'timm' || architecture === '') return styles;
  return styles.filter(({ activation }) => (activation === 'quick_gelu') === architecture.includes('quickgelu'));
}
