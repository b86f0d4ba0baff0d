/** What attention inside windows has in Swin Transformers and in MaxViT: its heads, and a bias for each relative position. */
import type { ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { relativePositions } from './windows.js';

export interface HeadsPlace {
  /** Windows. */
  count: number;
  /** Pixels of a window. */
  pixels: number;
  heads: number;
}

/** Queries, keys and values, which lie beside each other: `[N, windows, pixels, 3·C]` → each `[N, windows, heads, pixels, C / heads]`. */
export function headsApart(m: ModuleScope, all: Value, { count, pixels, heads }: HeadsPlace): [Value, Value, Value] {
  const channels = all.channels / 3;
  const part = (i: number) => {
    const own = nn.slice(m, all, { axis: 3, start: i * channels, end: (i + 1) * channels }, { channels });
    return nn.permute(m, nn.reshape(m, own, [count, pixels, heads, channels / heads]), [1, 3, 2, 4]);
  };
  return [part(0), part(1), part(2)];
}

/** `[N, windows, heads, pixels, C / heads]` → the shape that is given, whose last axis has the channels. */
export function headsTogether(m: ModuleScope, seen: Value, shape: readonly number[]): Value {
  return nn.reshape(m, nn.permute(m, seen, [1, 3, 2, 4]), shape, { channels: shape.at(-1)! });
}

/** From a table with a row for each relative position, a tensor of the module: `[1, heads, pixels, pixels]`. */
export function tableBias(m: ModuleScope, side: number, heads: number): Value {
  const rows = (2 * side - 1) ** 2;
  return spread(m, nn.parameter(m, 'relative_position_bias_table', { shape: [rows, heads] }), side, heads);
}

/** `[relative positions, heads]` → `[1, heads, pixels, pixels]`. */
export function spread(m: ModuleScope, table: Value, side: number, heads: number): Value {
  const pairs = nn.gather(m, table, 1, relativePositions(side));
  return nn.reshape(m, nn.permute(m, pairs, [2, 1]), [1, heads, side ** 2, side ** 2]);
}
