/** Element types of checkpoints, how their little-endian bytes become float32, and how values of a tensor lie. */
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

export const DTYPES = Object.keys(DTYPE_BYTES) as Dtype[];

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

/** How many values lie between neighbours along each axis. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

/** Whether values lie one after the other. Axes of one value may have any stride. */
export function isRowByRow(dims: readonly number[], strides: readonly number[]): boolean {
  const usual = stridesOf(dims);
  return dims.every((size, axis) => size === 1 || strides[axis] === usual[axis]);
}

/** Visits positions, row by row, of values that lie `strides` apart. @param visit gets where the `i`th value lies */
export function walk(dims: readonly number[], strides: readonly number[], visit: (at: number, i: number) => void) {
  const count = dims.reduce((product, size) => product * size, 1);
  const index = new Array<number>(dims.length).fill(0);
  let at = 0;
  for (let i = 0; i < count; i++) {
    visit(at, i);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      at -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
}
