/**
 * Safetensors: an 8-byte header length, a JSON header, then the tensors' bytes without gaps or overlaps.
 * Follows the format's description (https://github.com/huggingface/safetensors#format) and its Rust reader's checks.
 */
import * as z from 'zod';
import { issueWords, quoted } from '../../base/index.js';
import { type RandomAccessFile, repeatedName } from '../../files/index.js';
import { ConvertError } from '../convert-error.js';
import { DTYPE_BYTES, type Dtype, decodeToFloat32 } from '../dtype.js';
import { checkTensorName } from './state-dict.js';
import { type CheckpointTensor, checkTensorCount, elementCount } from './tensors.js';

const LENGTH_BYTES = 8;
/** The Rust reader allows 100 MB, which takes half a minute to parse. 10,000 tensors of 400 bytes fit in this limit. */
const MAX_HEADER_BYTES = 4_000_000;
/** 2 GiB as float32; no backbone known here has 600 MB. */
const MAX_ELEMENTS = 2 ** 29;

const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

const count = z.number().int().min(0);
/** As in the Rust reader, metadata must be a map from names to texts. */
const headerSchema = z.object({ __metadata__: z.record(z.string(), z.string()).optional() }).catchall(z.unknown());
const entrySchema = z.object({
  dtype: z.string().max(32),
  shape: z.array(count).max(64),
  data_offsets: z.tuple([count, count]),
});

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  begin: number;
  end: number;
}

/** @param label file name, for messages @throws ConvertError `SAFETENSORS_…` */
export async function readSafetensors(file: RandomAccessFile, label: string): Promise<Map<string, CheckpointTensor>> {
  const { entries, dataStart } = await readHeader(file, label);
  checkCoverage(entries, file.size - dataStart, label);
  const tensors = new Map<string, CheckpointTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const bytes = await file.read(dataStart + begin, end - begin);
    tensors.set(name, { shape, dtype, data: decodeToFloat32(bytes, dtype) });
  }
  if (tensors.size === 0) throw new ConvertError('CHECKPOINT_EMPTY', `${label}: holds no tensors`);
  return tensors;
}

async function readHeader(file: RandomAccessFile, label: string): Promise<{ entries: Entry[]; dataStart: number }> {
  const length = Number(new DataView((await file.read(0, LENGTH_BYTES)).buffer).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > file.size) {
    const room = Math.min(MAX_HEADER_BYTES, file.size - LENGTH_BYTES);
    const message = `${label}: a header of ${length.toLocaleString('en')} bytes promised, at most ${room.toLocaleString('en')} possible`;
    throw new ConvertError('SAFETENSORS_HEADER', message);
  }
  const header = parseHeader(await file.read(LENGTH_BYTES, length), label);
  const described = Object.entries(header).filter(([name]) => name !== '__metadata__');
  checkTensorCount(described.length, label);
  const entries = described.map(([name, value]) => parseEntry(name, value, label));
  return { entries, dataStart: LENGTH_BYTES + length };
}

function parseHeader(bytes: Uint8Array, label: string): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const header = headerSchema.parse(JSON.parse(text));
    if (repeatedName(text) === null) return header;
  } catch (error) {
    throw new ConvertError('SAFETENSORS_HEADER', `${label}: the header is no JSON object in UTF-8`, { cause: error });
  }
  throw new ConvertError('SAFETENSORS_HEADER', `${label}: the header names a tensor twice`);
}

function parseEntry(name: string, value: unknown, label: string): Entry {
  checkTensorName(name, label);
  const place = `${label}: tensor ${name}`;
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new ConvertError('SAFETENSORS_HEADER', `${place}: ${issue.path.join('.')}: ${issueWords(issue.message)}`);
  }
  const { dtype: dtypeName, shape, data_offsets } = result.data;
  const dtype = DTYPES.get(dtypeName);
  if (dtype === undefined) {
    const message = `${place}: has type ${quoted(dtypeName)}, known are ${[...DTYPES.keys()].join(', ')}`;
    throw new ConvertError('SAFETENSORS_DTYPE', message);
  }
  const [begin, end] = data_offsets;
  const wanted = elementCount(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== wanted) {
    const message = `${place}: shape [${shape.join(', ')}] of ${dtypeName} takes ${wanted} bytes, its offsets span ${end - begin}`;
    throw new ConvertError('SAFETENSORS_SIZE', message);
  }
  return { name, dtype, shape, begin, end };
}

/** The format's rule against polyglot files: the tensors cover the rest of the file without gaps or overlaps. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, label: string): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let elements = 0;
  for (const { name, shape, begin, end } of inOrder) {
    if (begin !== covered) {
      const message = `${label}: tensor ${name} begins at byte ${begin}, the one before it ends at ${covered}`;
      throw new ConvertError('SAFETENSORS_OFFSETS', message);
    }
    covered = end;
    elements += elementCount(shape);
  }
  if (covered !== dataBytes) {
    const message = `${label}: the tensors end at byte ${covered}, the data at ${dataBytes}`;
    throw new ConvertError('SAFETENSORS_OFFSETS', message);
  }
  if (elements > MAX_ELEMENTS) {
    throw new ConvertError('CHECKPOINT_TOO_LARGE', `${label}: ${elements} elements, at most ${MAX_ELEMENTS} are read`);
  }
}
