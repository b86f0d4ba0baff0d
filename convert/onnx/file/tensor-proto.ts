/** A TensorProto. Its values are read when asked for: from the file, a list of numbers, or a file beside it. */
import { quoted } from '../../../base/index.js';
import type { ProtobufReader } from '../../../graph/onnx/index.js';
import { ConvertError } from '../../convert-error.js';
import { DTYPE_BYTES, type Dtype, decodeToFloat32 } from '../../dtype.js';

/** TensorProto.DataType, of the types that networks of images have. */
export const DTYPES: Readonly<Record<number, Dtype>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

export const TYPE_NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries(DTYPES).map(([type, dtype]) => [dtype, Number(type)]),
);

/** What a constant of a type is computed as. */
export function kindOf(dtype: Dtype): 'float' | 'int' | 'bool' {
  if (dtype.includes('float')) return 'float';
  return dtype === 'bool' ? 'bool' : 'int';
}

/** PyTorch's own limit. */
const MAX_RANK = 64;
/** 2 GiB as float32, as for checkpoints. */
const MAX_ELEMENTS = 2 ** 29;

/** Where the values lie, if not in the file itself. */
export interface ExternalData {
  /** Path relative to the ONNX file. */
  location: string;
  /** Bytes. */
  offset: number;
  /** Bytes; null: to the end of the file. */
  length: number | null;
}

export interface OnnxTensor {
  name: string;
  dtype: Dtype;
  dims: readonly number[];
  count: number;
  /** Little-endian values; a view of the file. Null for values that are given in another way. */
  raw: Uint8Array | null;
  /** Values as a list of numbers; for float16 and bfloat16 their bits. */
  listed: readonly number[] | null;
  external: ExternalData | null;
}

/** @throws ConvertError `ONNX_INVALID`; `ONNX_TENSOR` for a type or size that is not read, or values that do not fit */
export function readTensorProto(proto: ProtobufReader, label: string): OnnxTensor {
  const name = proto.string(8);
  const place = `${label}: tensor ${quoted(name)}`;
  const type = proto.integer(2);
  const dtype = DTYPES[type];
  if (dtype === undefined) throw new ConvertError('ONNX_TENSOR', `${place}: is of type ${type}, which is not read`);
  const dims = proto.integers(1);
  const tensor = { name, dtype, dims, count: countOf(place, dims) };
  const isExternal = proto.integer(14) === 1;
  if (isExternal) return { ...tensor, raw: null, listed: null, external: externalData(place, entriesOf(proto, 13)) };
  const raw = proto.bytes(9);
  const listed = [proto.floats(4), ...[5, 7, 11].map((field) => proto.integers(field)), proto.doubles(10)].flat();
  checkLength(place, tensor, raw, listed);
  return { ...tensor, raw, listed: raw === null ? listed : null, external: null };
}

/** A repeated StringStringEntryProto. */
export function entriesOf(message: ProtobufReader, field: number): Map<string, string> {
  return new Map(Array.from(message.messages(field), (entry) => [entry.string(1), entry.string(2)]));
}

/** @returns float32 values; a view of the file where its alignment allows it */
export function tensorFloats(tensor: OnnxTensor, bytes: Uint8Array | null = tensor.raw): Float32Array {
  if (bytes !== null) return decodeToFloat32(bytes, tensor.dtype);
  const { dtype } = tensor;
  const listed = tensor.listed ?? [];
  if (dtype !== 'float16' && dtype !== 'bfloat16') return Float32Array.from(listed);
  return decodeToFloat32(new Uint8Array(Uint16Array.from(listed).buffer), dtype);
}

/** The values of a tensor of whole numbers; beyond 2^53 they are rounded. */
export function tensorIntegers(tensor: OnnxTensor, bytes: Uint8Array | null = tensor.raw): Float64Array {
  if (bytes === null) return Float64Array.from(tensor.listed ?? []);
  if (tensor.dtype === 'int64') {
    const copy = new Uint8Array(bytes);
    return Float64Array.from(new BigInt64Array(copy.buffer, 0, Math.floor(copy.byteLength / 8)), Number);
  }
  if (tensor.dtype === 'int32') {
    const copy = new Uint8Array(bytes);
    return Float64Array.from(new Int32Array(copy.buffer, 0, Math.floor(copy.byteLength / 4)));
  }
  return Float64Array.from(decodeToFloat32(bytes, tensor.dtype));
}

function countOf(place: string, dims: readonly number[]): number {
  if (dims.length > MAX_RANK || dims.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw new ConvertError('ONNX_TENSOR', `${place}: [${dims.slice(0, 8).join(', ')}] is not the shape of a tensor`);
  }
  const count = dims.reduce((product, size) => product * size, 1);
  if (count <= MAX_ELEMENTS) return count;
  const message = `${place}: has ${count.toLocaleString('en')} values, at most ${MAX_ELEMENTS.toLocaleString('en')} are read`;
  throw new ConvertError('ONNX_TENSOR', message);
}

function checkLength(
  place: string,
  { dims, dtype, count }: Pick<OnnxTensor, 'dims' | 'dtype' | 'count'>,
  raw: Uint8Array | null,
  listed: readonly number[],
): void {
  const has = raw === null ? listed.length : raw.byteLength / DTYPE_BYTES[dtype];
  if (has === count) return;
  const message =
    `${place}: its shape [${dims.join(', ')}] has ${count.toLocaleString('en')} values, the file has ` +
    `${has.toLocaleString('en')}`;
  throw new ConvertError('ONNX_TENSOR', message);
}

function externalData(place: string, entries: ReadonlyMap<string, string>): ExternalData {
  const location = entries.get('location') ?? '';
  const offset = Number(entries.get('offset') ?? 0);
  const length = entries.has('length') ? Number(entries.get('length')) : null;
  const isRange = [offset, length ?? 0].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0);
  if (location === '' || !isRange) {
    throw new ConvertError('ONNX_TENSOR', `${place}: does not say which bytes of which file it is`);
  }
  return { location, offset, length };
}
