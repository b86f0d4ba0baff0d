/** Checks shape, strides and offset of tensors, and copies them to contiguous (row-major) float32. */

import { quoted } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';
import { DTYPE_BYTES, type Dtype, decodeToFloat32, isRowByRow, walk } from '../dtype.js';
import { torchDtype } from '../pickle/pickle-names.js';
import { Opaque, type PythonValue, StorageRef, type TensorRef } from '../pickle/python-values.js';

/** PyTorch's own limit. */
const MAX_RANK = 64;
/** 2 GiB as float32; no backbone known here has 600 MB. */
export const MAX_ELEMENTS = 2 ** 29;
/** Elements read beyond one a byte of the file (64 MiB): with stride 0, small files describe huge models. */
const MAX_SHARED_ELEMENTS = 2 ** 24;

/** ResNet-152 has 930, the largest language models some thousands; the weights format has the same limit. */
const MAX_TENSORS = 10_000;

export interface CheckpointTensor {
  shape: readonly number[];
  /** As stored in the checkpoint. */
  dtype: Dtype;
  /** Row-major. */
  data: Float32Array;
}

/** Gives the bytes of storages, from the members of a zip or the end of a legacy file. */
interface StorageSource {
  label: string;
  /** Size of the whole checkpoint, bytes. */
  fileBytes: number;
  /** Reads all bytes of a storage, exactly as many as the pickle states. */
  read(storage: StorageRef): Promise<Uint8Array>;
}

/** A checked tensor description: every element is inside the storage. */
interface Layout {
  storage: StorageRef;
  dtype: Dtype;
  /** Offset from the start of the storage, in elements of `dtype`. */
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
  count: number;
  /** Number of elements from the first to the last that is used. */
  span: number;
}

/** @throws ConvertError `TENSOR_INVALID`, `TENSOR_OUT_OF_STORAGE`, `CHECKPOINT_TOO_LARGE`, and errors of the source */
export async function loadTensors(refs: ReadonlyMap<string, TensorRef>, source: StorageSource) {
  checkTensorCount(refs.size, source.label);
  const layouts = [...refs].map(([name, ref]) => [name, checkLayout(`${source.label}: tensor ${name}`, ref)] as const);
  checkTotal(source, layouts);
  const storages = new Map<string, Uint8Array>();
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, layout] of layouts) {
    const { storage, shape, dtype } = layout;
    const bytes = storages.get(storage.key) ?? (await source.read(storage));
    storages.set(storage.key, bytes);
    tensors.set(name, { shape, dtype, data: contiguous(bytes, layout) });
  }
  return tensors;
}

/** @throws ConvertError `CHECKPOINT_TOO_LARGE` */
export function checkTensorCount(count: number, label: string): void {
  if (count <= MAX_TENSORS) return;
  const message = `${label}: ${count.toLocaleString('en')} tensors, at most ${MAX_TENSORS.toLocaleString('en')} are read`;
  throw new ConvertError('CHECKPOINT_TOO_LARGE', message);
}

/** Number of elements. For an absurd shape it is beyond the safe integers, and so exceeds every limit. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Size of a storage according to the pickle, bytes. */
export function storageBytes({ dtype, length }: StorageRef): number {
  return length * (dtype === null ? 1 : DTYPE_BYTES[dtype]);
}

function checkLayout(place: string, ref: TensorRef): Layout {
  const { storage } = ref;
  if (storage instanceof Opaque) {
    throw new ConvertError('TENSOR_INVALID', `${place}: lies in a ${storage.name.path}, which cannot be converted`);
  }
  if (!(storage instanceof StorageRef)) throw new ConvertError('TENSOR_INVALID', `${place}: has no storage`);
  const dtype = torchDtype(ref.dtype) ?? storage.dtype;
  if (dtype === null) throw new ConvertError('TENSOR_INVALID', `${place}: has a type that cannot be read`);
  const shape = counts(`${place}: shape`, ref.shape);
  const strides = counts(`${place}: strides`, ref.strides);
  const [offset] = counts(`${place}: offset`, [ref.offset]) as [number];
  if (strides.length !== shape.length) {
    throw new ConvertError('TENSOR_INVALID', `${place}: ${shape.length} dimensions but ${strides.length} strides`);
  }
  const count = elementCount(shape);
  const span = count === 0 ? 0 : 1 + shape.reduce((sum, dimension, i) => sum + (dimension - 1) * strides[i]!, 0);
  const layout = { storage, dtype, offset, shape, strides, count, span };
  checkBounds(place, layout);
  return { ...layout, offset: offset + viewStart(storage, dtype) };
}

function checkBounds(place: string, { storage, dtype, offset, shape, strides, span }: Layout): void {
  const bytes = storage.view
    ? storageBytes(new StorageRef(storage.key, storage.dtype, storage.view.length, null))
    : storageBytes(storage);
  const capacity = Math.floor(bytes / DTYPE_BYTES[dtype]);
  if (offset + span <= capacity) return;
  const message =
    `${place}: shape [${shape.join(', ')}] with strides [${strides.join(', ')}] at offset ${offset} ends at element ` +
    `${offset + span}, its storage ${quoted(storage.key)} has ${capacity}`;
  throw new ConvertError('TENSOR_OUT_OF_STORAGE', message);
}

function viewStart(storage: StorageRef, dtype: Dtype): number {
  if (storage.view === null) return 0;
  return (storage.view.offset * (storage.dtype === null ? 1 : DTYPE_BYTES[storage.dtype])) / DTYPE_BYTES[dtype];
}

/** Checks that the value is a tuple of counts. */
function counts(place: string, values: PythonValue): number[] {
  if (!Array.isArray(values)) throw new ConvertError('TENSOR_INVALID', `${place} is not a tuple`);
  if (values.length > MAX_RANK) {
    throw new ConvertError('TENSOR_INVALID', `${place}: ${values.length} dimensions, PyTorch has at most ${MAX_RANK}`);
  }
  return values.map((value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    const shown = typeof value === 'number' || typeof value === 'bigint' ? String(value).slice(0, 40) : typeof value;
    throw new ConvertError('TENSOR_INVALID', `${place}: ${shown} is not a whole number of 0 or more`);
  });
}

function checkTotal(source: StorageSource, layouts: readonly (readonly [string, Layout])[]): void {
  const limit = Math.min(MAX_ELEMENTS, source.fileBytes + MAX_SHARED_ELEMENTS);
  let total = 0;
  for (const [name, { count, span }] of layouts) {
    total += Math.max(count, span);
    if (total <= limit) continue;
    const message =
      `${source.label}: with tensor ${name} the tensors have ${total.toLocaleString('en')} elements, at most ` +
      `${limit.toLocaleString('en')} are read from a file of ${source.fileBytes.toLocaleString('en')} bytes`;
    throw new ConvertError('CHECKPOINT_TOO_LARGE', message);
  }
}

function contiguous(bytes: Uint8Array, { dtype, offset, shape, strides, count, span }: Layout): Float32Array {
  const size = DTYPE_BYTES[dtype];
  const used = decodeToFloat32(bytes.subarray(offset * size, (offset + span) * size), dtype);
  if (isRowByRow(shape, strides)) return used;
  const made = new Float32Array(count);
  walk(shape, strides, (at, i) => {
    made[i] = used[at]!;
  });
  return made;
}
