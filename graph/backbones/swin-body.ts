/** The body of a Swin Transformer: data, spellings, and how it is read from the shapes of its tensors. */
import * as z from 'zod';
import type { Hints, Proposal } from './family.js';
import { blocks, channels, eps, heads, perStage, windowSide } from './limits.js';
import { countOf, listed, type Place, perPlace, ruled, type Shapes, type Spelling, spelling } from './spelling.js';

/** The largest of any network is 384. */
const MAX_IMAGE = 4096;

export const schema = z
  .object({
    family: z.literal('swin'),
    /** 2: cosine attention, a bias from a small network, norms after the layers (https://arxiv.org/abs/2111.09883). */
    version: z.union([z.literal(1), z.literal(2)]),
    /** Side of a patch, pixels. */
    patch: z.number().int().min(1).max(64),
    depths: perStage(blocks),
    /** Channels of the first stage. Each further one has twice as many. */
    width: channels,
    heads: perStage(heads),
    /** Side of the windows of each stage, pixels of its map. */
    windows: perStage(windowSide),
    /** Width inside the perceptron of a block of the first stage. */
    hidden: channels,
    /** `apart`: those of queries and values are tensors of their own, and keys have none. */
    qkvBias: z.union([z.boolean(), z.literal('apart')]),
    /** Side of the only images, where windows are as small as the map. Left out: any. */
    image: z.number().int().min(1).max(MAX_IMAGE).optional(),
    /** Sides of the windows of each stage at which the bias of the second version was trained. Left out: `windows`. */
    trained: perStage(windowSide.min(2)).optional(),
    eps,
  })
  .refine(
    ({ depths, heads, windows, trained = windows }) =>
      [heads, windows, trained].every(({ length }) => length === depths.length),
    { message: 'heads and windows are not one a stage' },
  )
  .refine(({ width, heads }) => heads.every((count, i) => (width * 2 ** i) % count === 0), {
    message: 'channels are not a multiple of the heads',
  });
export type SwinBody = z.infer<typeof schema>;

/** Tables that follow from the size of a window, which some versions of the libraries save. */
const COMPUTED = /\.(?:relative_position_index|relative_coords_table|attn_mask|k_bias)$/;

const TORCHVISION = spelling(
  'torchvision',
  /^(.*\.|)features\.1\.0\.attn\.qkv\.weight$/,
  [[/^(features|norm)\./, '$1.']],
  { computed: COMPUTED },
);

/** Parts of a block in other libraries, by torchvision's. */
const PARTS = listed('swin block');
/** The same of the second version, whose keys have no bias. */
const SECOND_PARTS = [...listed('swin second block'), ...PARTS];

/** Whether a stage ends with the merging of pixels, as in the first implementation; in timm the next begins so. */
const mergesAtEnd = perPlace(({ prefix, shapes }) => {
  return ['', 'encoder.'].some((root) => shapes.has(`${prefix}${root}layers.0.downsample.reduction.weight`));
});

const isSecond = perPlace(({ prefix, shapes }) => {
  return [...shapes.keys()].some((name) => name.startsWith(prefix) && name.endsWith('.logit_scale'));
});

/** With the outer modules of a list. */
function staged(library: 'timm' | 'transformers', anchor: RegExp): Spelling {
  const outer = listed(`swin ${library}`);
  return {
    library,
    anchor,
    computed: COMPUTED,
    rename(name, place) {
      const outside = ruled(name, outer);
      if (outside !== null || COMPUTED.test(name)) return outside;
      const [, stage, rest = ''] = /^(?:encoder\.)?layers\.(\d+)\.(.+)$/.exec(name) ?? [];
      return stage === undefined ? null : inStage(Number(stage), rest, place);
    },
  };
}

function inStage(stage: number, rest: string, place: Place): string {
  const [, tensor] = /^downsample\.(.+)$/.exec(rest) ?? [];
  if (tensor !== undefined) return `features.${2 * (mergesAtEnd(place) ? stage + 1 : stage)}.${tensor}`;
  const [, block = '', part = rest] = /^blocks\.(\d+)\.(.+)$/.exec(rest) ?? [];
  const own = ruled(part, isSecond(place) ? SECOND_PARTS : PARTS);
  return `features.${2 * stage + 1}.${block}.${own ?? part}`;
}

const TIMM = staged('timm', /^(.*\.|)layers\.0\.blocks\.0\.attn\.qkv\.weight$/);
const TRANSFORMERS = staged(
  'transformers',
  /^(.*\.|)encoder\.layers\.0\.blocks\.0\.attention\.(?:self\.query|q_proj)\.weight$/,
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
    const depth = countOf((i) => shapes.has(`${path}.${i}.norm1.weight`));
    if (depth === 0) return;
    const [rows = 0, heads = 0] = shapes.get(`${path}.0.attn.relative_position_bias_table`) ?? [];
    if (version === 1) yield { depth, heads, window: (Math.sqrt(rows) + 1) / 2 };
    else yield { depth, heads: shapes.get(`${path}.0.attn.logit_scale`)?.[0] ?? 0, window: SECOND_WINDOW };
  }
}

// Windows of V2 outside torchvision shrink to the map. Their size follows from the network's name or `config.json`.

/** A way to cut the maps of a network. */
interface Layout {
  /** Side of the windows of the first stage. */
  window: number;
  /** Side of the images. */
  image: number;
  /** Sides of the windows of each stage at which the bias was trained, if it was at others. */
  trained?: readonly number[];
  /** timm's name of a network that has them. */
  name?: string;
}

type Windows = Required<Pick<SwinBody, 'image' | 'windows'>> & Pick<SwinBody, 'trained'>;

/** Null where windows do not fill the maps, or pixels of a map cannot be joined in fours. */
export function windowsAt({ window, image, trained }: Layout, patch: number, stages: number): Windows | null {
  const maps = Array.from({ length: stages }, (_, stage) => image / patch / 2 ** stage);
  const windows = maps.map((map) => Math.min(window, map));
  if (!maps.every((map, stage) => Number.isInteger(map / windows[stage]!) && Number.isInteger(map))) return null;
  return { image, windows, ...(trained === undefined ? {} : { trained: [...trained] }) };
}

/** Those that what is said of the network leaves, or else all that a network of this size has. */
function layoutsOf({ architecture, config }: Hints, width: number, patch: number, stages: number): Layout[] {
  const named = layoutOfName(architecture ?? '', patch, stages);
  if (named !== null) return [named];
  const described = layoutOfConfig(config ?? {});
  if (described !== null) return [described];
  return (KNOWN[width] ?? []).map((name) => ({ ...layoutOfName(name, patch, stages)!, name }));
}

/** `swinv2_tiny_window8_256`, `swinv2_base_window12to24_192to384`. */
const NAME = /^swinv2_\w+?_window(\d+)(?:to(\d+))?_(\d+)(?:to(\d+))?(?:\.|$)/;

/** timm's networks by the channels of the first stage. */
const KNOWN: Readonly<Record<number, readonly string[]>> = {
  96: ['swinv2_tiny_window8_256', 'swinv2_tiny_window16_256'],
  128: [
    'swinv2_base_window8_256',
    'swinv2_base_window16_256',
    'swinv2_base_window12_192',
    'swinv2_base_window12to16_192to256',
    'swinv2_base_window12to24_192to384',
  ],
  192: ['swinv2_large_window12_192', 'swinv2_large_window12to16_192to256', 'swinv2_large_window12to24_192to384'],
};

function layoutOfName(name: string, patch: number, stages: number): Layout | null {
  const [, first, second, from, to] = NAME.exec(name) ?? [];
  if (first === undefined || from === undefined) return null;
  if (second === undefined) return { window: Number(first), image: Number(from) };
  const before = windowsAt({ window: Number(first), image: Number(from) }, patch, stages);
  if (before === null) return null;
  return { window: Number(second), image: Number(to ?? from), trained: before.windows };
}

function layoutOfConfig(config: Readonly<Record<string, unknown>>): Layout | null {
  const { window_size: window, image_size: image, pretrained_window_sizes: trained } = config;
  if (typeof window !== 'number' || typeof image !== 'number') return null;
  const sides = Array.isArray(trained) ? trained.filter((side) => typeof side === 'number' && side > 0) : [];
  return { window, image, ...(sides.length === 0 ? {} : { trained: sides }) };
}
