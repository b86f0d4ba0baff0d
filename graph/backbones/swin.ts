/**
 * Swin Transformers (https://arxiv.org/abs/2103.14030), V1 and V2 (https://arxiv.org/abs/2111.09883), as
 * `torchvision/models/swin_transformer.py` has them. Windows are cut for one size of images.
 */
import type { Preprocessing } from '../../weights/index.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, LINEAR, type Resized, type Setting } from './family.js';
import { channelsLast } from './shared-layers.js';
import { type BlockPlace, windowAttention } from './swin-attention.js';
import { proposeSwin, SWIN_SPELLINGS, type SwinBody, schema, windowsAt } from './swin-body.js';
import { type Pair, type Windows, windowsOf } from './windows.js';

/** torchvision's sides of the resize. */
const RESIZE: Readonly<Record<string, number>> = {
  swin_t: 232,
  swin_s: 246,
  swin_b: 238,
  swin_v2_t: 260,
  swin_v2_s: 260,
  swin_v2_b: 272,
};

export const swins = defineFamily<SwinBody>({
  name: 'swin',
  title: 'a Swin Transformer',
  schema,
  preprocessing,
  head: { module: 'head', layers: LINEAR, before: 'avgpool' },
  network: swin,
  side: ({ image }) => image ?? null,
  resized,
  usualSide,
  features: ({ width, depths }) => width * 2 ** (depths.length - 1),
  essence: ({ version, depths, width, heads }) => ({ version, depths, width, heads }),
  spellings: SWIN_SPELLINGS,
  propose: proposeSwin,
});

/** The side of images at which the windows of the first stage fill the map of the last one, if no other is known. */
function usualSide({ patch, depths, windows, image }: SwinBody): number {
  return image ?? patch * windows[0]! * 2 ** (depths.length - 1);
}

/** With other windows, where those are as small as the map. */
function resized(body: SwinBody, side: number): Resized<SwinBody> | null {
  const { windows, patch, depths, trained } = body;
  const layout = { window: Math.max(...windows), image: side, ...(trained ? { trained } : {}) };
  const cut = windowsAt(layout, patch, depths.length);
  if (cut === null) return null;
  const told = `its windows have ${cut.windows.join(', ')} pixels a side, for images of ${side}×${side}`;
  return { body: { ...body, ...cut }, tensors: new Map(), told };
}

/** torchvision's share of the resize that is cropped, where the network is not torchvision's. */
const CROP_SHARE = 0.9;

function preprocessing(name: string | null, body: SwinBody): Preprocessing {
  const side = usualSide(body);
  const resize = RESIZE[name ?? ''] ?? Math.floor(side / CROP_SHARE);
  return { ...imagenetPreprocessing, size: [side, side], resize, crop: [side, side], interpolation: 'bicubic' };
}

function swin(body: SwinBody, head: Layer, { image }: Setting): Layer {
  const side = usualSide(body);
  const size: Pair = image === null ? [side, side] : [image.height, image.width];
  return (m, x) => {
    let value = m.run('features', features(body, size), x);
    value = m.run('norm', nn.layerNorm(body.eps), value);
    value = m.run('avgpool', (inner, map) => nn.mean(inner, map, [1, 2], false, { spatial: [1, 1] }), value);
    return m.run('head', head, value);
  };
}

/** Maps have their channels last: `[N, C, H, W]` → `[N, H, W, C]`. */
function features(body: SwinBody, size: Pair): Layer {
  const { patch, depths, width, eps } = body;
  const embedding = nn.sequential(nn.conv2d(width, patch, { stride: patch }), channelsLast, nn.layerNorm(eps));
  let map = size.map((length) => Math.floor(length / patch)) as [number, number];
  const layers = depths.flatMap((_, i) => {
    const stage = blocks(body, i, map);
    if (i === depths.length - 1) return [stage];
    const merging = merge(body, map);
    map = map.map((length) => Math.ceil(length / 2)) as [number, number];
    return [stage, merging];
  });
  return nn.sequential(embedding, ...layers);
}

/** A stage. Every second block has its windows shifted. */
function blocks(body: SwinBody, stage: number, map: Pair): Layer {
  const windows = [false, true].map((shift) => windowsOf(map, body.windows[stage]!, shift));
  return (m, x) => {
    const masks = windows.map((own) => maskValue(m, own));
    const layers = Array.from({ length: body.depths[stage]! }, (_, i) =>
      block(body, stage, { map, windows: windows[i % 2]!, mask: masks[i % 2]! }),
    );
    return nn.sequential(...layers)(m, x);
  };
}

/** The mask as `[windows, 1, pixels, pixels]`, once for all blocks of a stage. */
function maskValue(m: ModuleScope, { mask, count, pixels }: Windows): Value | null {
  if (mask === null) return null;
  return nn.constant(m, 'mask', { shape: [count, 1, pixels, pixels], values: mask });
}

function block(body: SwinBody, stage: number, place: BlockPlace): Layer {
  const { version, eps, hidden } = body;
  const perceptron = (x: Value) =>
    nn.sequential(nn.linear(hidden * 2 ** stage), nn.pointwise('gelu'), nn.dropout, nn.linear(x.channels));
  return (m, x) => {
    const norm = (name: string, y: Value) => m.run(name, nn.layerNorm(eps), y);
    const attend = (y: Value) => m.run('attn', windowAttention(body, stage, place), y);
    if (version === 1) {
      const between = nn.add(m, x, attend(norm('norm1', x)));
      return nn.add(m, between, m.run('mlp', perceptron(x), norm('norm2', between)));
    }
    const between = nn.add(m, x, norm('norm1', attend(x)));
    return nn.add(m, between, norm('norm2', m.run('mlp', perceptron(x), between)));
  };
}

/** Four neighbouring pixels become one, with twice the channels; at an odd end, a row or column of zeros is added. */
function merge({ version, eps }: SwinBody, map: Pair): Layer {
  const [height, width] = map.map((length) => Math.ceil(length / 2)) as [number, number];
  const odd = map.map((length) => length % 2) as [number, number];
  return (m, x) => {
    const { channels } = x;
    const padded = odd[0] + odd[1] === 0 ? x : nn.padEnd(m, x, [...odd, 0]);
    const apart = nn.permute(m, nn.reshape(m, padded, [height, 2, width, 2, channels]), [1, 3, 4, 2, 5]);
    const joined = nn.reshape(m, apart, [height, width, 4 * channels], { channels: 4 * channels });
    const reduction = nn.linear(2 * channels, false);
    if (version === 1) return m.run('reduction', reduction, m.run('norm', nn.layerNorm(eps), joined));
    return m.run('norm', nn.layerNorm(eps), m.run('reduction', reduction, joined));
  };
}
