/** The element types that checkpoints hold, and how their little-endian bytes become float32. */
import { decodeFloat16 } from '../weights/index.js';

export type Dtype =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool';

export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/**
 * @param bytes a whole number of elements, at any alignment
 * @returns float32 values, as a view of `bytes` where possible. They are exact for float16 and bfloat16, and rounded to
 *   nearest for float64 and large integers. In CNNs, only the counters `num_batches_tracked` are large integers.
 */
export function decodeToFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const { buffer, byteOffset, length } = aligned(bytes, DTYPE_BYTES[dtype]);
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float32Array(new Float64Array(buffer, byteOffset, length));
    case 'float16':
      return decodeFloat16(new Uint16Array(buffer, byteOffset, length));
    case 'bfloat16':
      return decodeBfloat16(new Uint16Array(buffer, byteOffset, length));
    case 'int64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, length), Number);
    case 'int32':
      return new Float32Array(new Int32Array(buffer, byteOffset, length));
    case 'int16':
      return new Float32Array(new Int16Array(buffer, byteOffset, length));
    case 'int8':
      return new Float32Array(new Int8Array(buffer, byteOffset, length));
    case 'uint8':
    case 'bool':
      return new Float32Array(new Uint8Array(buffer, byteOffset, length));
  }
}

/** Copies bytes whose offset is not a multiple of the element size, which typed arrays require. */
function aligned(bytes: Uint8Array, size: number) {
  const at = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return { buffer: at.buffer, byteOffset: at.byteOffset, length: Math.floor(bytes.byteLength / size) };
}

/** bfloat16 is the upper half of a float32. */
function decodeBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}
