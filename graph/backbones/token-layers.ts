/** Layers of networks with tokens: a perceptron in a block, layer norm of maps, a factor a channel. */
import { multiply } from '../operations/arithmetic.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import { layerNorm } from '../operations/layer-norm.js';
import { linear } from '../operations/linear.js';
import { parameter } from '../operations/parameter.js';
import { permute } from '../operations/permute.js';
import { type PointwiseFunction, pointwise } from '../operations/pointwise.js';

/** Channels last: `[N, C, H, W]` → `[N, H, W, C]`. */
export function channelsLast(m: ModuleScope, x: Value): Value {
  return permute(m, x, [2, 3, 1]);
}

/** `[N, H, W, C]` → `[N, C, H, W]`. */
export function channelsFirst(m: ModuleScope, x: Value): Value {
  return permute(m, x, [3, 1, 2]);
}

/** Layer norm over the channels of each pixel of a map: `LayerNorm2d`. */
export function layerNorm2d(eps: number): Layer {
  return (m, x) => channelsFirst(m, layerNorm(eps)(m, channelsLast(m, x)));
}

/** `fc1`, an activation, `fc2`. */
export function mlp(hidden: number, activation: PointwiseFunction): Layer {
  return (m, x) => {
    const y = m.run('act', pointwise(activation), m.run('fc1', linear(hidden), x));
    return m.run('fc2', linear(x.channels), y);
  };
}

/** A factor a channel (LayerScale, https://arxiv.org/abs/2103.17239), a tensor of the module; channels are the last axis. */
export function scaled(m: ModuleScope, x: Value, name: string, rank: number): Value {
  const shape = [...new Array<number>(rank - 1).fill(1), x.channels];
  return multiply(m, x, parameter(m, name, { shape, stored: [x.channels] }));
}
