/** Weights in float16, if all of them are numbers of float16: those of a checkpoint in that type, or stored so. */
import { LANES, panelsOf } from '../../abi/layout.js';
import type { Filter } from '../../planning/filter.js';
import type { Packed, PackedWeights } from '../../planning/packed-weights.js';

/** Bits of the smallest normal float16 as a float32, and of the first number that is too large. */
const SMALLEST_NORMAL = 0x38800000;
const TOO_LARGE = 0x47800000;
/** Below the smallest normal number, all are multiples of this. */
const SUBNORMAL_STEP = 2 ** -24;

/** Whether float16 has each of these numbers. */
export function areHalf(values: Float32Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return bits.every((word, i) => {
    const magnitude = word & 0x7fffffff;
    if (magnitude >= SMALLEST_NORMAL) return magnitude < TOO_LARGE && (word & 0x1fff) === 0;
    return Number.isInteger(values[i]! / SUBNORMAL_STEP);
  });
}

/** @param bits of a float32 that float16 has */
function halfOf(bits: number, value: number): number {
  const magnitude = bits & 0x7fffffff;
  const sign = (bits >>> 16) & 0x8000;
  return sign | (magnitude >= SMALLEST_NORMAL ? (magnitude - 0x38000000) >>> 13 : Math.abs(value) / SUBNORMAL_STEP);
}

/** `[panel][tap][k][16]` in float16, for the given taps, as numbers `row·width + column`. */
export function packHalves(weights: PackedWeights, filter: Filter, taps: readonly number[]): Packed {
  const { outChannels, inChannels } = filter;
  const area = filter.kernel[0] * filter.kernel[1];
  const panelWords = taps.length * inChannels * LANES;
  const floats = (panelsOf(outChannels) * panelWords) / 2;
  const address = weights.place(filter.node, `halves ${taps.join()}`, floats, (into) => {
    const words = new Uint16Array(into.buffer, into.byteOffset, 2 * floats).fill(0);
    const values = weights.tensor(filter.node, 'weight');
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let out = 0; out < outChannels; out++) {
      let at = Math.floor(out / LANES) * panelWords + (out % LANES);
      for (const tap of taps) {
        let from = out * inChannels * area + tap;
        for (let c = 0; c < inChannels; c++) {
          words[at] = halfOf(bits[from]!, values[from]!);
          from += area;
          at += LANES;
        }
      }
    }
  });
  return { weights: address, bias: weights.bias(filter), stride: panelWords * 2, bytes: floats * 4 };
}
