/** Attention inside the windows of a Swin Transformer, with the tensors of torchvision's `ShiftedWindowAttention`. */
import { relu } from '../operations/activation.js';
import { add } from '../operations/add.js';
import { multiply } from '../operations/arithmetic.js';
import { attention } from '../operations/attention.js';
import { constant } from '../operations/constant.js';
import { gather } from '../operations/gather.js';
import { type Layer, type ModuleScope, sequential, type Value } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import { normalize } from '../operations/normalize.js';
import { padEnd } from '../operations/pad.js';
import { parameter } from '../operations/parameter.js';
import { permute } from '../operations/permute.js';
import { compute } from '../operations/pointwise.js';
import { reshape } from '../operations/reshape.js';
import { slice } from '../operations/slice.js';
import type { SwinBody } from './swin-body.js';
import { logCoordinates, type Pair, relativePositions, type Windows } from './windows.js';

export interface BlockPlace {
  /** Size of the map. */
  map: Pair;
  windows: Windows;
  /** `[windows, 1, pixels, pixels]`; null where all pixels of a window see each other. */
  mask: Value | null;
}

interface HeadsPlace {
  /** Windows. */
  count: number;
  /** Pixels of a window. */
  pixels: number;
  heads: number;
}

/** `[N, H, W, C]` → the same, each pixel from those of its window. */
export function windowAttention(body: SwinBody, stage: number, { map, windows, mask }: BlockPlace): Layer {
  const heads = body.heads[stage]!;
  return (m, x) => {
    const { channels } = x;
    const { count, pixels } = windows;
    const parts = queriesKeysValues(m, inWindows(m, x, map, windows), body, { count, pixels, heads });
    const bias = (body.version === 1 ? tableBias : networkBias)(m, body.windows[stage]!, heads);
    const scores = mask === null ? bias : add(m, bias, mask);
    const seen = attention(m, [...parts, scores], body.version === 1 ? {} : { scale: 1 });
    const joined = reshape(m, permute(m, seen, [1, 3, 2, 4]), [-1, channels], { channels });
    const projected = m.run('proj', linear(channels), joined);
    return reshape(m, gather(m, projected, 1, windows.places), [...map, channels]);
  };
}

/** `[N, H, W, C]` → `[N, windows, pixels, C]`. */
function inWindows(m: ModuleScope, x: Value, map: Pair, { added, taken, count, pixels }: Windows): Value {
  const [rows, columns] = added;
  const padded = rows + columns === 0 ? x : padEnd(m, x, [rows, columns, 0]);
  const flat = reshape(m, padded, [(map[0] + rows) * (map[1] + columns), x.channels]);
  return reshape(m, gather(m, flat, 1, taken), [count, pixels, x.channels]);
}

/** Each `[N, windows, heads, pixels, C / heads]`. Those of the second version are compared by their angle. */
function queriesKeysValues(m: ModuleScope, x: Value, { version, qkvBias }: SwinBody, place: HeadsPlace): Value[] {
  const { channels } = x;
  const { count, pixels, heads } = place;
  const layer = version === 2 && qkvBias ? withoutKeyBias(channels) : linear(3 * channels, qkvBias);
  const all = m.run('qkv', layer, x);
  const parts = [0, 1, 2].map((part) => {
    const own = slice(m, all, { axis: 3, start: part * channels, end: (part + 1) * channels }, { channels });
    return permute(m, reshape(m, own, [count, pixels, heads, channels / heads]), [1, 3, 2, 4]);
  });
  if (version === 1) return parts;
  const [q, k, v] = parts as [Value, Value, Value];
  return [multiply(m, normalize(m, q, 4), headScale(m, heads)), normalize(m, k, 4), v];
}

/** The biases of keys are there, and PyTorch takes 0 for them. */
function withoutKeyBias(channels: number): Layer {
  return (m, x) => {
    const y = linear(3 * channels, false)(m, x);
    const values = [1, 0, 1].flatMap((factor) => new Array<number>(channels).fill(factor));
    const shape = [1, 1, 3 * channels];
    const bias = parameter(m, 'bias', { shape, stored: [3 * channels] });
    return add(m, y, multiply(m, bias, constant(m, 'kept', { shape, values })));
  };
}

/** PyTorch's limit of a head's factor, as its logarithm. */
const MOST_SCALE = Math.log(100);

function headScale(m: ModuleScope, heads: number): Value {
  const logarithm = parameter(m, 'logit_scale', { shape: [1, heads, 1, 1], stored: [heads, 1, 1] });
  return compute(m, 'exp', compute(m, 'clamp', logarithm, { max: MOST_SCALE }));
}

/** From a table with a row for each relative position: `[1, heads, pixels, pixels]`. */
function tableBias(m: ModuleScope, side: number, heads: number): Value {
  const rows = (2 * side - 1) ** 2;
  return spread(m, parameter(m, 'relative_position_bias_table', { shape: [rows, heads] }), side, heads);
}

/** Width inside the network that gives the bias. */
const HIDDEN = 512;
/** The bias is 16 times a sigmoid. */
const MOST_BIAS = 16;

/** From a small network of the relative position. */
function networkBias(m: ModuleScope, side: number, heads: number): Value {
  const rows = (2 * side - 1) ** 2;
  const table = constant(m, 'coordinates', { shape: [rows, 2], values: logCoordinates(side) }, { channels: 2 });
  const found = m.run('cpb_mlp', sequential(linear(HIDDEN), relu, linear(heads, false)), table);
  const limit = constant(m, 'limit', { shape: [1, 1, 1, 1], values: [MOST_BIAS] });
  return multiply(m, compute(m, 'sigmoid', spread(m, found, side, heads)), limit);
}

/** `[relative positions, heads]` → `[1, heads, pixels, pixels]`. */
function spread(m: ModuleScope, table: Value, side: number, heads: number): Value {
  const pairs = gather(m, table, 1, relativePositions(side));
  return reshape(m, permute(m, pairs, [2, 1]), [1, heads, side ** 2, side ** 2]);
}
