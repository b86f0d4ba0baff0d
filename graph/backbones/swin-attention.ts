/** Attention inside the windows of a Swin Transformer, with the tensors of torchvision's `ShiftedWindowAttention`. */
import { log } from '../../base/math/index.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import type { SwinBody } from './swin-body.js';
import {
  type HeadsPlace,
  headsApart,
  headsTogether,
  logCoordinates,
  type Pair,
  spread,
  tableBias,
  type Windows,
} from './windows.js';

export interface BlockPlace {
  map: Pair;
  windows: Windows;
  /** `[windows, 1, pixels, pixels]`; null where all pixels of a window see each other. */
  mask: Value | null;
}

/** `[N, H, W, C]` → the same, each pixel from those of its window. */
export function windowAttention(body: SwinBody, stage: number, { map, windows, mask }: BlockPlace): Layer {
  const heads = body.heads[stage]!;
  return (m, x) => {
    const { channels } = x;
    const { count, pixels } = windows;
    const parts = queriesKeysValues(m, inWindows(m, x, map, windows), body, { count, pixels, heads });
    const bias = body.version === 1 ? tableBias(m, body.windows[stage]!, heads) : networkBias(m, body, stage);
    const scores = mask === null ? bias : nn.add(m, bias, mask);
    const seen = nn.attention(m, [...parts, scores], body.version === 1 ? {} : { scale: 1 });
    const projected = m.run('proj', nn.linear(channels), headsTogether(m, seen, [-1, channels]));
    return nn.reshape(m, nn.gather(m, projected, 1, windows.places), [...map, channels]);
  };
}

/** `[N, H, W, C]` → `[N, windows, pixels, C]`. */
function inWindows(m: ModuleScope, x: Value, map: Pair, { added, taken, count, pixels }: Windows): Value {
  const [rows, columns] = added;
  const padded = rows + columns === 0 ? x : nn.padEnd(m, x, [rows, columns, 0]);
  const flat = nn.reshape(m, padded, [(map[0] + rows) * (map[1] + columns), x.channels]);
  return nn.reshape(m, nn.gather(m, flat, 1, taken), [count, pixels, x.channels]);
}

/** Each `[N, windows, heads, pixels, C / heads]`. Those of the second version are compared by their angle. */
function queriesKeysValues(m: ModuleScope, x: Value, { version, qkvBias }: SwinBody, place: HeadsPlace): Value[] {
  const { channels } = x;
  const bias = qkvBias === true;
  const layer = version === 2 && bias ? withoutKeyBias(channels) : nn.linear(3 * channels, bias);
  const [own, k, values] = headsApart(m, m.run('qkv', layer, x), place);
  const [q, v] =
    qkvBias === 'apart' ? [headBias(m, own, 'q_bias', place), headBias(m, values, 'v_bias', place)] : [own, values];
  if (version === 1) return [q, k, v];
  return [nn.multiply(m, nn.normalize(m, q, 4), headScale(m, place.heads)), nn.normalize(m, k, 4), v];
}

/** The biases of keys are there, and PyTorch takes 0 for them. */
function withoutKeyBias(channels: number): Layer {
  return (m, x) => {
    const y = nn.linear(3 * channels, false)(m, x);
    const values = [1, 0, 1].flatMap((factor) => new Array<number>(channels).fill(factor));
    const shape = [1, 1, 3 * channels];
    const bias = nn.parameter(m, 'bias', { shape, stored: [3 * channels] });
    return nn.add(m, y, nn.multiply(m, bias, nn.constant(m, 'kept', { shape, values })));
  };
}

/** Adds a tensor of the module, which has a value for each channel. */
function headBias(m: ModuleScope, x: Value, name: string, { heads }: HeadsPlace): Value {
  const { channels } = x;
  return nn.add(m, x, nn.parameter(m, name, { shape: [1, heads, 1, channels / heads], stored: [channels] }));
}

/** PyTorch's limit of a head's factor, as its logarithm. */
const MOST_SCALE = log(100);

function headScale(m: ModuleScope, heads: number): Value {
  const logarithm = nn.parameter(m, 'logit_scale', { shape: [1, heads, 1, 1], stored: [heads, 1, 1] });
  return nn.compute(m, 'exp', nn.compute(m, 'clamp', logarithm, { max: MOST_SCALE }));
}

/** Width inside the network that gives the bias. */
const HIDDEN = 512;
/** The bias is 16 times a sigmoid. */
const MOST_BIAS = 16;

/** From a small network of the relative position. */
function networkBias(m: ModuleScope, body: SwinBody, stage: number): Value {
  const side = body.windows[stage]!;
  const heads = body.heads[stage]!;
  const rows = (2 * side - 1) ** 2;
  const values = logCoordinates(side, body.trained?.[stage] ?? side);
  const table = nn.constant(m, 'coordinates', { shape: [rows, 2], values }, { channels: 2 });
  const found = m.run('cpb_mlp', nn.sequential(nn.linear(HIDDEN), nn.relu, nn.linear(heads, false)), table);
  const limit = nn.constant(m, 'limit', { shape: [1, 1, 1, 1], values: [MOST_BIAS] });
  return nn.multiply(m, nn.compute(m, 'sigmoid', spread(m, found, side, heads)), limit);
}
