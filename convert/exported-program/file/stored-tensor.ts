/** A tensor of an exported program: its type and shape, and its values row by row. */
import { quoted } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import { DTYPE_BYTES, isRowByRow, walk } from '../../dtype.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { countOf } from '../../onnx/folding/constant.js';
import type { Archive, Stored } from './archive.js';
import { SCALAR_TYPES, type TensorMeta } from './schema.js';

/** 2 GiB as float32, as for checkpoints. */
const MAX_VALUES = 2 ** 29;

/** @throws ConvertError `EXPORTED_TENSOR` for one that is not read */
export function describeTensor(name: string, { member, payload }: Stored, label: string): OnnxTensor {
  const meta = payload.tensor_meta;
  if (payload.use_pickle === true || meta == null) {
    throw tensorError(label, name, 'is a pickle, which is not read: its class is not a plain tensor');
  }
  const dtype = SCALAR_TYPES[meta.dtype];
  if (dtype === undefined) throw tensorError(label, name, `is of type ${meta.dtype}, which is not read`);
  const dims = numbersOf(meta.sizes, label, name);
  const count = countOf(dims);
  if (count > MAX_VALUES) {
    throw tensorError(
      label,
      name,
      `has ${count.toLocaleString('en')} values, at most ${MAX_VALUES.toLocaleString('en')} are read`,
    );
  }
  return { name, dtype, dims, count, raw: null, listed: null, external: { location: member, offset: 0, length: null } };
}

/** The values row by row, wherever its strides put them. @throws ConvertError `EXPORTED_TENSOR`; FileError */
export async function readValues({ name, dims, dtype }: OnnxTensor, stored: Stored, archive: Archive) {
  const meta = stored.payload.tensor_meta!;
  const bytes = await archive.read(stored.member);
  const size = DTYPE_BYTES[dtype];
  const { start, strides } = layoutOf(meta, archive.label, name);
  const reach = dims.reduce((last, length, axis) => last + Math.max(0, length - 1) * strides[axis]!, start) + 1;
  const count = countOf(dims);
  if (count > 0 && reach * size > bytes.byteLength) {
    throw tensorError(
      archive.label,
      name,
      `[${dims.join(', ')}] with strides [${strides.join(', ')}] takes ${(reach * size).toLocaleString('en')} bytes, ` +
        `${stored.member} has ${bytes.byteLength.toLocaleString('en')}`,
    );
  }
  if (isRowByRow(dims, strides)) return bytes.subarray(start * size, (start + count) * size);
  const made = new Uint8Array(count * size);
  walk(dims, strides, (at, i) => {
    made.set(bytes.subarray((start + at) * size, (start + at + 1) * size), i * size);
  });
  return made;
}

function layoutOf(meta: TensorMeta, label: string, name: string): { start: number; strides: number[] } {
  const strides = numbersOf(meta.strides, label, name);
  if (strides.length !== meta.sizes.length) throw tensorError(label, name, 'has more sizes than strides, or fewer');
  return { start: numbersOf([meta.storage_offset], label, name)[0]!, strides };
}

function numbersOf(sizes: TensorMeta['sizes'], label: string, name: string): number[] {
  return sizes.map((size) => {
    if ('as_int' in size && Number.isSafeInteger(size.as_int) && size.as_int >= 0) return size.as_int;
    throw tensorError(label, name, `has a size or a stride of ${JSON.stringify(size).slice(0, 100)}`);
  });
}

function tensorError(label: string, name: string, what: string): ConvertError {
  return new ConvertError('EXPORTED_TENSOR', `${label}: tensor ${quoted(name)} ${what}`);
}
