/**
 * The three ways a tensor is stored, as tfjs's converter does it (`tensorflowjs/quantization.py`, here in float64)
 * and as tfjs's `io.decodeWeights` undoes it.
 *
 * - `float32`: unchanged.
 * - `float16`: rounded to binary16; half the size, no measurable loss for CNNs.
 * - `uint8`: `round((x − min) / scale)` with one scale and minimum a tensor, nudged so that 0 stays exactly 0. Only
 *   tensors of rank 2 and more: a convolution's thousands of weights share one scale well, but biases and batch-norm
 *   vectors are 1 % of the bytes and span orders of magnitude (a running variance of 1e-4 beside one of 10 would
 *   become 0, and its channel be multiplied by 1/√eps).
 */
import type { Quantization } from './manifest.js';
import type { Tensor } from './model-config.js';
import { WeightsError } from './weights-error.js';

// binary16: Node 20 has no `Float16Array`. Decoding is exact; encoding rounds ties to even, as numpy and torch do.

/** The largest finite binary16, (2 − 2⁻¹⁰) · 2¹⁵. */
const FLOAT16_MAX = 65_504;

let decoded: Float32Array | undefined;

function decodeTable(): Float32Array {
  const table = new Float32Array(0x10000);
  for (let bits = 0; bits < 0x10000; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

/** @param bits binary16 bit patterns @returns the same values, exactly; infinities and NaN are kept */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  decoded ??= decodeTable();
  const table = decoded;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

/** @param values finite, at most ±`FLOAT16_MAX`: larger ones give a wrong result @returns binary16 bit patterns */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const sign = (scratchBits[0]! >>> 16) & 0x8000;
    const magnitude = scratchBits[0]! & 0x7fffffff;
    if (magnitude >= 0x38800000) {
      // Normal in binary16: drop 13 fraction bits, rounding half to even, and move the exponent's bias from 127 to 15.
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      bits[i] = sign | ((rounded - 0x38000000) >>> 13);
    } else {
      // Subnormal: in [0.5, 1) a float32 has binary16's subnormal step, 2⁻²⁴, so the addition does the rounding.
      scratch[0] = Math.abs(values[i]!) + 0.5;
      bits[i] = sign | (scratchBits[0]! - 0x3f000000);
    }
  }
  return bits;
}

export type StorageType = 'float32' | 'float16' | 'uint8';
export const STORAGE_TYPES: readonly StorageType[] = ['float32', 'float16', 'uint8'];

const BYTES: Record<StorageType, number> = { float32: 4, float16: 2, uint8: 1 };

interface EncodedTensor {
  bytes: Uint8Array;
  quantization: Quantization | undefined;
}

/** @param place file and tensor, for messages @throws WeightsError `WEIGHTS_FLOAT16_OVERFLOW` naming the element */
export function encodeTensor(place: string, tensor: Tensor, dtype: StorageType): EncodedTensor {
  if (dtype === 'float16') return encodeAsFloat16(place, tensor.data);
  if (dtype === 'uint8' && tensor.shape.length >= 2) return encodeAsUint8(tensor.data);
  return { bytes: bytesOf(tensor.data), quantization: undefined };
}

/** Tensors as they are read back from the shards: what storing them in fewer bytes makes of their values. */
export function asStored(
  source: string,
  tensors: ReadonlyMap<string, Tensor>,
  dtype: StorageType,
): ReadonlyMap<string, Tensor> {
  if (dtype === 'float32') return tensors;
  const stored = [...tensors].map(([name, tensor]): [string, Tensor] => {
    const { bytes, quantization } = encodeTensor(`${source}: tensor ${name}`, tensor, dtype);
    return [name, { shape: tensor.shape, data: decodeTensor(bytes, quantization) }];
  });
  return new Map(stored);
}

export function storedBytes(quantization: Quantization | undefined): number {
  return BYTES[quantization?.dtype ?? 'float32'];
}

/** @param bytes whole elements, at any alignment @returns float32 values; for `float32`, a view rather than a copy */
export function decodeTensor(bytes: Uint8Array, quantization: Quantization | undefined): Float32Array {
  if (quantization === undefined) {
    const { buffer, byteOffset, byteLength } = aligned(bytes, 4);
    return new Float32Array(buffer, byteOffset, byteLength / 4);
  }
  if (quantization.dtype === 'float16') {
    const { buffer, byteOffset, byteLength } = aligned(bytes, 2);
    return decodeFloat16(new Uint16Array(buffer, byteOffset, byteLength / 2));
  }
  return decodeUint8(bytes, quantization.min, quantization.scale);
}

/** Typed arrays of wider elements need memory that begins at a multiple of their width. */
function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
}

function encodeAsFloat16(place: string, data: Float32Array): EncodedTensor {
  const index = firstAbove(data, FLOAT16_MAX);
  if (index >= 0) {
    const message = `${place}: element ${index} is ${data[index]}, float16 ends at ${FLOAT16_MAX}`;
    throw new WeightsError('WEIGHTS_FLOAT16_OVERFLOW', message, { hint: 'Store these weights as float32.' });
  }
  return { bytes: bytesOf(encodeFloat16(data)), quantization: { dtype: 'float16', original_dtype: 'float32' } };
}

function firstAbove(data: Float32Array, limit: number): number {
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]!) > limit) return i;
  return -1;
}

function encodeAsUint8(data: Float32Array): EncodedTensor {
  const { min, scale } = affineRange(data);
  // A clamped array itself rounds half to even and clips to 0…255, as numpy's `round` and `clip` do.
  const bytes = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = (data[i]! - min) / scale;
  return {
    bytes: new Uint8Array(bytes.buffer),
    quantization: { dtype: 'uint8', min, scale, original_dtype: 'float32' },
  };
}

/** `x ≈ byte · scale + min`, with `min` a multiple of `scale` when 0 lies in the range, so that 0 is exact. */
function affineRange(data: Float32Array): { min: number; scale: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    min = Math.min(min, data[i]!);
    max = Math.max(max, data[i]!);
  }
  if (min === max) return { min, scale: 1 };
  const scale = (max - min) / 255;
  const coversZero = min <= 0 && max >= 0;
  // Subtracting from 0 keeps a minimum of 0 from becoming -0, which JSON cannot hold.
  return { min: coversZero ? 0 - roundHalfEven((0 - min) / scale) * scale : min, scale };
}

/** numpy's rounding, which the tfjs converter uses. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function decodeUint8(bytes: Uint8Array, min: number, scale: number): Float32Array {
  const table = Float32Array.from({ length: 256 }, (_, byte) => byte * scale + min);
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]!]!;
  return values;
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
