/** Filters of depthwise convolutions, and batch norms: rows of channels, padded to 16. */
import { LANES, panelsOf } from '../../abi.js';
import type { Filter } from '../../planning/axis.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';

/** `[tap][channels padded to 16]`, for the given taps, as numbers `row·width + column`. */
export function packDepthwise(weights: PackedWeights, filter: Filter, taps: readonly number[]): Packed {
  const row = panelsOf(filter.outChannels) * LANES;
  const area = filter.kernel[0] * filter.kernel[1];
  const address = weights.place(filter.node, `depthwise ${taps.join()}`, taps.length * row, (floats) => {
    const data = weights.tensor(filter.node, 'weight');
    floats.fill(0);
    for (const [t, tap] of taps.entries()) {
      for (let c = 0; c < filter.outChannels; c++) floats[t * row + c] = data[c * area + tap]!;
    }
  });
  return { weights: address, bias: weights.bias(filter), stride: row * 4, bytes: taps.length * row * 4 };
}

/** A batch norm as a factor and an offset a channel, computed in float64. */
export function packScale(
  weights: PackedWeights,
  { node, channels, eps }: { node: string; channels: number; eps: number },
): Packed {
  const row = panelsOf(channels) * LANES;
  const names = ['weight', 'bias', 'running_mean', 'running_var'];
  const factorOf = ([gain, , , variance]: Float32Array[], c: number) => gain![c]! / Math.sqrt(variance![c]! + eps);
  const place = (what: string, value: (tensors: Float32Array[], c: number) => number): number =>
    weights.place(node, what, row, (floats) => {
      const tensors = names.map((name) => weights.tensor(node, name));
      floats.fill(0);
      for (let c = 0; c < channels; c++) floats[c] = value(tensors, c);
    });
  return {
    weights: place('factors', factorOf),
    bias: place('offsets', (tensors, c) => tensors[1]![c]! - tensors[2]![c]! * factorOf(tensors, c)),
    stride: row * 4,
    bytes: row * 4,
  };
}
