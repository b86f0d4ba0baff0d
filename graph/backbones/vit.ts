/**
 * Vision transformers (https://arxiv.org/abs/2010.11929) by the names of `timm/models/vision_transformer.py`: ViT,
 * DeiT, DINOv2 and DINOv3, the vision towers of CLIP and SigLIP.
 */
import type { Preprocessing } from '../../weights/index.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { clipPreprocessing, imagenetPreprocessing } from './backbone.js';
import { defineFamily, LINEAR, type Resized } from './family.js';
import { type GridResize, resizeGrid } from './position-grid.js';
import { GLOBAL_POOL, mlp, scaled } from './shared-layers.js';
import type { Spelling } from './spelling.js';
import { schema, type VitBody } from './vit-body.js';
import { type Rotation, rotated, rotation } from './vit-rotary.js';
import { proposeVit, VIT_SPELLINGS } from './vit-spellings.js';

/** The head of the second token. */
const TWIN = 'head_dist';

export const vits = defineFamily<VitBody>({
  name: 'vit',
  title: 'a vision transformer',
  schema,
  preprocessing,
  head: { module: 'head', layers: LINEAR, before: GLOBAL_POOL },
  before: lastModule,
  embedding: (body) => EMBEDDINGS[lastModule(body)] ?? tokenWords(body),
  network: vit,
  side: ({ grid, patch }) => grid * patch,
  resized,
  features: ({ projection, pool, width }) =>
    projection > 0 ? projection : pool === 'token-and-mean' ? 2 * width : width,
  spellings: VIT_SPELLINGS,
  propose: proposeVit,
  twin: {
    module: TWIN,
    named: /(^|\.)(head_dist|distillation_classifier)$/,
    body: (body) => (body.distillation === true ? { ...body, pool: 'pair' } : null),
  },
});

/** The module whose output the head takes. */
function lastModule({ projection, pooler, pool, fcNorm }: VitBody): string {
  if (projection > 0) return 'projection';
  if (pooler) return 'pooler';
  if (pool === 'attention') return 'attn_pool';
  return pool === 'mean' && fcNorm ? 'fc_norm' : GLOBAL_POOL;
}

/** How each library resizes positions. transformers does it in another way where there are registers. */
const GRID_RESIZE: Readonly<Record<Spelling['library'], GridResize>> = {
  timm: 'antialias',
  open_clip: 'antialias',
  transformers: 'plain',
  torchvision: 'corners',
  others: 'antialias',
};

const GRID_WORDS: Readonly<Record<GridResize, string>> = {
  plain: 'bicubic',
  antialias: 'bicubic with antialiasing',
  corners: 'bicubic with aligned corners',
};

function resized(body: VitBody, side: number, library: Spelling['library']): Resized<VitBody> | null {
  const { patch, grid: from, positions, registers } = body;
  if (side % patch !== 0) return null;
  const to = side / patch;
  if (positions === 'rotary') {
    return {
      body: { ...body, grid: to },
      tensors: new Map(),
      told: `its positions are computed for ${to}×${to} patches`,
    };
  }
  const how = library === 'transformers' && registers > 0 ? 'antialias' : GRID_RESIZE[library];
  // Registers have no positions.
  const first = positions === 'all' ? prefixTokens({ ...body, registers: 0 }) : 0;
  return {
    body: { ...body, grid: to },
    tensors: new Map([['pos_embed', (tensor) => resizeGrid(tensor, first, { from, to, how })]]),
    told: `its positions are resized from ${from}×${from} to ${to}×${to}, ${GRID_WORDS[how]}, as ${library} does it`,
  };
}

const EMBEDDINGS: Readonly<Record<string, string>> = {
  projection: 'the projected image features, as CLIP compares them',
  pooler: "transformers' pooler of the class token",
  attn_pool: 'what a learned query makes of all tokens',
  fc_norm: 'the mean of the patches, after its norm',
};

function tokenWords({ pool, lastNorm }: VitBody): string {
  if (pool === 'token-and-mean') return 'the class token and the mean of the patches after the last norm, side by side';
  if (lastNorm === false) return 'the mean of the patches';
  if (pool === 'pair') return 'the mean of the class token and the distillation token after the last norm';
  return pool === 'token' ? 'the class token after the last norm' : 'the mean of the patches after the last norm';
}

/** torchvision's share of the resize that is cropped. */
const CROP_SHARE = 0.875;

function preprocessing(name: string | null, { grid, patch, preNorm }: VitBody): Preprocessing {
  const side = grid * patch;
  const size: [number, number] = [side, side];
  if (preNorm) return clipPreprocessing(side);
  const usual = { ...imagenetPreprocessing, size, crop: size };
  if (name === 'vit_h_14') return { ...usual, resize: side, interpolation: 'bicubic' };
  return { ...usual, resize: name === 'vit_l_16' && side === 224 ? 242 : Math.floor(side / CROP_SHARE) };
}

function vit(body: VitBody, head: Layer): Layer {
  return (m, image) => {
    const { width, depth, eps } = body;
    let x = m.run('patch_embed', patches(body), image);
    x = withPositions(m, x, body);
    if (body.preNorm) x = m.run('norm_pre', nn.layerNorm(eps), x);
    x = m.run(
      'blocks',
      (inner, tokens) => {
        const turns = body.theta === undefined ? null : rotation(inner, body, body.theta);
        return times(depth, (i, value) => inner.run(String(i), block(body, turns), value), tokens);
      },
      x,
    );
    // With a norm after the mean, there is none before it.
    x = m.run('norm', body.fcNorm || body.lastNorm === false ? nn.identity : nn.layerNorm(eps), x);
    if (body.pool === 'pair') return pair(m, x, head);
    if (body.pool === 'attention') x = m.run('attn_pool', attentionPool(body), x);
    else x = m.run(GLOBAL_POOL, (inner, tokens) => pooled(inner, tokens, body), x);
    if (body.pool === 'mean' && body.fcNorm) x = m.run('fc_norm', nn.layerNorm(eps), x);
    if (body.pooler) x = m.run('pooler', pooler(width), x);
    if (body.projection > 0) x = m.run('projection', nn.linear(body.projection, false), x);
    return m.run('head', head, x);
  };
}

function times(count: number, step: (i: number, x: Value) => Value, x: Value): Value {
  let value = x;
  for (let i = 0; i < count; i++) value = step(i, value);
  return value;
}

/** `[N, C, H, W]` → `[N, patches, width]`, row by row. */
function patches({ patch, width, patchBias }: VitBody): Layer {
  return (m, image) => {
    const map = m.run('proj', nn.conv2d(width, patch, { stride: patch, bias: patchBias }), image);
    return nn.permute(m, nn.reshape(m, map, [width, -1]), [2, 1]);
  };
}

/** Class token, distillation token, registers and patches, with their positions. */
function withPositions(m: ModuleScope, x: Value, body: VitBody): Value {
  const { grid, width, classToken, distillation, registers, positions } = body;
  const tokens = (name: string, count: number) => {
    return nn.parameter(m, name, { shape: [count, width], stored: [1, count, width] }, { channels: width });
  };
  const joined = (values: readonly Value[]) => nn.concat(m, values, { channels: width });
  const first = [
    ...(classToken ? [tokens('cls_token', 1)] : []),
    ...(distillation === true ? [tokens('dist_token', 1)] : []),
  ];
  const others = registers > 0 ? [tokens('reg_token', registers)] : [];
  if (positions === 'rotary') return joined([...first, ...others, x]);
  if (positions === 'patches') {
    const placed = nn.add(m, x, tokens('pos_embed', grid ** 2));
    const all = [...first, ...others, placed];
    return all.length === 1 ? placed : joined(all);
  }
  const placed = nn.add(m, joined([...first, x]), tokens('pos_embed', first.length + grid ** 2));
  if (others.length === 0) return placed;
  const start = nn.slice(m, placed, { axis: 1, start: 0, end: 1 });
  return joined([start, ...others, nn.slice(m, placed, { axis: 1, start: 1, end: null })]);
}

function block(body: VitBody, turns: Rotation | null): Layer {
  const { eps, hidden, activation, layerScale } = body;
  return (m, x) => {
    let y = m.run('attn', selfAttention(body, turns), m.run('norm1', nn.layerNorm(eps), x));
    if (layerScale) y = m.run('ls1', scale, y);
    const between = nn.add(m, x, y);
    y = m.run('mlp', mlp(hidden, activation), m.run('norm2', nn.layerNorm(eps), between));
    if (layerScale) y = m.run('ls2', scale, y);
    return nn.add(m, between, y);
  };
}

const scale: Layer = (m, x) => scaled(m, x, 'gamma', 2);

function selfAttention({ heads, width, qkvBias }: VitBody, turns: Rotation | null): Layer {
  return (m, x) => {
    const qkv = m.run('qkv', nn.linear(3 * width, qkvBias === true), x);
    const biased = (y: Value, name: string) =>
      qkvBias === 'apart'
        ? nn.add(m, y, nn.parameter(m, name, { shape: [heads, 1, width / heads], stored: [width] }))
        : y;
    const turned = (y: Value) => (turns === null ? y : rotated(m, y, turns));
    const [q, k, v] = [0, 1, 2].map((part) => {
      const own = nn.slice(m, qkv, { axis: 2, start: part * width, end: (part + 1) * width }, { channels: width });
      return nn.permute(m, nn.reshape(m, own, [-1, heads, width / heads]), [2, 1, 3]);
    }) as [Value, Value, Value];
    const seen = nn.attention(m, [turned(biased(q, 'q_bias')), turned(k), biased(v, 'v_bias')]);
    const y = nn.permute(m, seen, [2, 1, 3]);
    return m.run('proj', nn.linear(width), nn.reshape(m, y, [-1, width], { channels: width }));
  };
}

/** What the first two tokens give: their mean is the embedding, and the mean of what their heads say the output. */
function pair(m: ModuleScope, x: Value, head: Layer): Value {
  m.run(GLOBAL_POOL, (inner, tokens) => meanOfRows(inner, nn.slice(inner, tokens, { axis: 1, start: 0, end: 2 })), x);
  const outputs = ['head', TWIN].map((name, i) => {
    const y = m.run(name, head, nn.selectToken(m, x, i));
    return nn.reshape(m, y, [1, y.channels], { channels: y.channels });
  });
  const { channels } = outputs[0]!;
  return meanOfRows(m, nn.concat(m, outputs, { channels }));
}

function meanOfRows(m: ModuleScope, x: Value): Value {
  return nn.mean(m, x, [1], false, { spatial: [1, 1] });
}

/** Tokens before those of the patches. */
function prefixTokens({ classToken, distillation, registers }: VitBody): number {
  return (classToken ? 1 : 0) + (distillation === true ? 1 : 0) + registers;
}

/** The features, `[N, width]`. */
function pooled(m: ModuleScope, x: Value, body: VitBody): Value {
  if (body.pool === 'token') return nn.selectToken(m, x, 0);
  const prefix = prefixTokens(body);
  const mean = meanOfRows(m, prefix === 0 ? x : nn.slice(m, x, { axis: 1, start: prefix, end: null }));
  if (body.pool === 'mean') return mean;
  const channels = 2 * body.width;
  return nn.concat(m, [nn.selectToken(m, x, 0), mean], { channels });
}

/** timm's `AttentionPoolLatent` with one query: `[N, T, width]` → `[N, width]`. */
function attentionPool({ heads, width, hidden, activation, eps }: VitBody): Layer {
  const split = (m: ModuleScope, y: Value) => nn.permute(m, nn.reshape(m, y, [-1, heads, width / heads]), [2, 1, 3]);
  const part = (m: ModuleScope, kv: Value, start: number) =>
    nn.slice(m, kv, { axis: 2, start, end: start + width }, { channels: width });
  return (m, x) => {
    const query = nn.parameter(m, 'latent', { shape: [1, width], stored: [1, 1, width] }, { channels: width });
    const kv = m.run('kv', nn.linear(2 * width), x);
    const parts = [m.run('q', nn.linear(width), query), part(m, kv, 0), part(m, kv, width)].map((y) => split(m, y));
    const seen = nn.reshape(m, nn.permute(m, nn.attention(m, parts), [2, 1, 3]), [1, width], { channels: width });
    const projected = m.run('proj', nn.linear(width), seen);
    const inner = m.run('mlp', mlp(hidden, activation), m.run('norm', nn.layerNorm(eps), projected));
    return nn.selectToken(m, nn.add(m, projected, inner), 0);
  };
}

function pooler(width: number): Layer {
  return (m, x) => m.run('activation', nn.pointwise('tanh'), m.run('dense', nn.linear(width), x));
}
