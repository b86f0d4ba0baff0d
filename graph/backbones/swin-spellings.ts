/** How Swin Transformers are spelt, and how a body is read from the shapes of its tensors. */
import type { Hints, Place, Proposal, Shapes, Spelling } from './family.js';
import { perPlace } from './per-place.js';
import type { SwinBody } from './swin-body.js';
import { layoutsOf, windowsAt } from './swin-windows.js';

/** Tables that follow from the size of a window, which some versions of the libraries save. */
const COMPUTED = /\.(?:relative_position_index|relative_coords_table|attn_mask|k_bias)$/;

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)features\.1\.0\.attn\.qkv\.weight$/,
  computed: COMPUTED,
  rename: (name) => (/^(features|norm)\./.test(name) && !COMPUTED.test(name) ? name : null),
};

/** Parts of a block in other libraries, by torchvision's. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^attention\.(?:self\.query|q_proj)\.(\w+)$/, 'attn.qkv.$1#0'],
  [/^attention\.(?:self\.key|k_proj)\.(\w+)$/, 'attn.qkv.$1#1'],
  [/^attention\.(?:self\.value|v_proj)\.(\w+)$/, 'attn.qkv.$1#2'],
  [/^attention\.(?:output\.dense|o_proj)\./, 'attn.proj.'],
  [/^attention\.(?:self\.)?logit_scale$/, 'attn.logit_scale'],
  [/^attention\.(?:self\.)?continuous_position_bias_mlp\./, 'attn.cpb_mlp.'],
  [/^attention\.(?:self|relative_position_bias)\.relative_position_bias_table$/, 'attn.relative_position_bias_table'],
  [/^layernorm_before\./, 'norm1.'],
  [/^layernorm_after\./, 'norm2.'],
  [/^(?:intermediate\.dense|mlp\.fc1)\./, 'mlp.0.'],
  [/^(?:output\.dense|mlp\.fc2)\./, 'mlp.3.'],
];

/** The same of the second version, whose keys have no bias. */
const SECOND_PARTS: readonly (readonly [RegExp, string])[] = [
  [/^attention\.(?:self\.query|q_proj)\.bias$/, 'attn.q_bias'],
  [/^attention\.(?:self\.value|v_proj)\.bias$/, 'attn.v_bias'],
  ...PARTS,
];

/** Whether a stage ends with the merging of its pixels, as in the first implementation; in timm the next one begins with it. */
const mergesAtEnd = perPlace(({ prefix, shapes }) => {
  return ['', 'encoder.'].some((root) => shapes.has(`${prefix}${root}layers.0.downsample.reduction.weight`));
});

const isSecond = perPlace(({ prefix, shapes }) => {
  return [...shapes.keys()].some((name) => name.startsWith(prefix) && name.endsWith('.logit_scale'));
});

function spelling(
  library: Spelling['library'],
  anchor: RegExp,
  outer: readonly (readonly [RegExp, string])[],
): Spelling {
  return {
    library,
    anchor,
    computed: COMPUTED,
    rename(name, place) {
      const rule = outer.find(([pattern]) => pattern.test(name));
      if (rule !== undefined) return name.replace(rule[0], rule[1]);
      if (COMPUTED.test(name)) return null;
      const [, stage, rest = ''] = /^(?:encoder\.)?layers\.(\d+)\.(.+)$/.exec(name) ?? [];
      return stage === undefined ? null : inStage(Number(stage), rest, place);
    },
  };
}

function inStage(stage: number, rest: string, place: Place): string {
  const [, tensor] = /^downsample\.(.+)$/.exec(rest) ?? [];
  if (tensor !== undefined) return `features.${2 * (mergesAtEnd(place) ? stage + 1 : stage)}.${tensor}`;
  const [, block = '', part = rest] = /^blocks\.(\d+)\.(.+)$/.exec(rest) ?? [];
  const parts = isSecond(place) ? SECOND_PARTS : PARTS;
  const rule = parts.find(([pattern]) => pattern.test(part));
  return `features.${2 * stage + 1}.${block}.${rule === undefined ? part : part.replace(rule[0], rule[1])}`;
}

const TIMM = spelling('timm', /^(.*\.|)layers\.0\.blocks\.0\.attn\.qkv\.weight$/, [
  [/^patch_embed\.proj\./, 'features.0.0.'],
  [/^patch_embed\.norm\./, 'features.0.2.'],
  [/^norm\./, 'norm.'],
]);

const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)encoder\.layers\.0\.blocks\.0\.attention\.(?:self\.query|q_proj)\.weight$/,
  [
    [/^embeddings\.patch_embeddings\.projection\./, 'features.0.0.'],
    [/^embeddings\.norm\./, 'features.0.2.'],
    [/^layernorm\./, 'norm.'],
  ],
);

export const SWIN_SPELLINGS: readonly Spelling[] = [TORCHVISION, TIMM, TRANSFORMERS];

/** ε of the layer norms in all three libraries. */
const EPS = 1e-5;

export function proposeSwin(shapes: Shapes, hints: Hints): Proposal<SwinBody>[] {
  const filter = shapes.get('features.0.0.weight');
  const hidden = shapes.get('features.1.0.mlp.0.weight')?.[0];
  if (filter?.length !== 4 || hidden === undefined) return [];
  const [width = 0, channels = 0, patch = 0] = filter;
  const version = shapes.has('features.1.0.attn.logit_scale') ? 2 : 1;
  const stages = [...stagesOf(shapes, version)];
  if (stages.length === 0 || stages.some(({ window }) => !Number.isInteger(window))) return [];
  const body: SwinBody = {
    family: 'swin',
    ...{ version, patch, width, hidden },
    depths: stages.map(({ depth }) => depth),
    heads: stages.map(({ heads }) => heads),
    windows: stages.map(({ window }) => window),
    qkvBias: shapes.has('features.1.0.attn.q_bias') ? 'apart' : shapes.has('features.1.0.attn.qkv.bias'),
    eps: EPS,
  };
  if (version === 2 && hints.spelling !== 'torchvision') return withWindows(body, channels, hints);
  const assumed =
    version === 2 ? [`its windows have ${SECOND_WINDOW} pixels a side, as torchvision's Swin V2 has them`] : [];
  return [{ body, channels, assumed }];
}

/** A reading for each way to cut maps into windows. */
function withWindows(body: SwinBody, channels: number, hints: Hints): Proposal<SwinBody>[] {
  const { width, patch, depths } = body;
  return layoutsOf(hints, width, patch, depths.length).flatMap((layout) => {
    const windows = windowsAt(layout, patch, depths.length);
    const reading = layout.name === undefined ? {} : { reading: `timm:${layout.name}` };
    return windows === null ? [] : [{ body: { ...body, ...windows }, channels, assumed: [], ...reading }];
  });
}

/** torchvision's windows of the second version, whose tensors do not show them. */
const SECOND_WINDOW = 8;

function* stagesOf(shapes: Shapes, version: 1 | 2): Generator<{ depth: number; heads: number; window: number }> {
  for (let stage = 0; ; stage++) {
    const path = `features.${2 * stage + 1}`;
    let depth = 0;
    while (shapes.has(`${path}.${depth}.norm1.weight`)) depth++;
    if (depth === 0) return;
    const [rows = 0, heads = 0] = shapes.get(`${path}.0.attn.relative_position_bias_table`) ?? [];
    if (version === 1) yield { depth, heads, window: (Math.sqrt(rows) + 1) / 2 };
    else yield { depth, heads: shapes.get(`${path}.0.attn.logit_scale`)?.[0] ?? 0, window: SECOND_WINDOW };
  }
}
