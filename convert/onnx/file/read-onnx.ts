/** Opens an ONNX file: protobuf limits it to 2 GiB, so it is read whole. Tensors beside it are read when asked for. */
import { basename, dirname, isAbsolute, join, relative, type Sha256, sep, sha256 } from '#platform';
import { quoted } from '../../../base/index.js';
import { addToHash, checkWithinFolder, RandomAccessFile } from '../../../files/index.js';
import { ConvertError } from '../../convert-error.js';
import { DTYPE_BYTES } from '../../dtype.js';
import type { OnnxModel } from './onnx-model.js';
import { parseModel } from './parse-model.js';
import type { OnnxTensor } from './tensor-proto.js';

/** Protobuf's limit for one message. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
/** Node reads at most 2 GiB at once; signals are heard between two reads. */
const READ_BYTES = 64 * 2 ** 20;

export interface OnnxFileContent {
  model: OnnxModel;
  /** The file without those beside it; left out by other formats. */
  bytes?: Uint8Array | undefined;
  /** sha256 of the file and, where it has files beside it, of those in the order of their names; lower-case hex. */
  sha256: string;
  /** The values of a tensor that lies in a file beside the model. */
  external(tensor: OnnxTensor): Promise<Uint8Array>;
  /** Closes the files beside the model. */
  close(): Promise<void>;
}

/** Whether a file that begins with these bytes is an ONNX model: it says its IR version, then a producer or a graph. */
export function looksLikeOnnx(head: Uint8Array): boolean {
  const [tag, version, next] = head;
  return tag === 0x08 && version !== undefined && version < 0x80 && ONNX_SECOND_TAGS.has(next ?? 0);
}

/** producer_name, producer_version, domain, model_version, doc_string, graph, opset_import. */
const ONNX_SECOND_TAGS: ReadonlySet<number> = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

/** @throws ConvertError `ONNX_…` as `parseModel`, `ONNX_EXTERNAL_DATA`; FileError */
export async function openOnnx(path: string): Promise<OnnxFileContent> {
  const label = basename(path);
  const hash = sha256();
  const bytes = await readWhole(path, label, hash);
  const model = parseModel(bytes, label);
  const beside = new FilesBeside(path, label);
  try {
    for (const location of [...locations(model)].sort()) await beside.hash(location, hash);
  } catch (error) {
    await beside.close();
    throw error;
  }
  return {
    model,
    bytes,
    sha256: hash.digest('hex'),
    external: (tensor) => beside.read(tensor),
    close: () => beside.close(),
  };
}

/** The file and those beside it that have its tensors, which are not looked at. @throws as `openOnnx` */
export async function onnxFiles(path: string): Promise<string[]> {
  const label = basename(path);
  const model = parseModel(await readWhole(path, label, null), label);
  const beside = new FilesBeside(path, label);
  return [path, ...(await Promise.all([...locations(model)].sort().map((location) => beside.path(location))))];
}

async function readWhole(path: string, label: string, hash: Sha256 | null): Promise<Uint8Array> {
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size > MAX_FILE_BYTES) {
      const message = `${label}: has ${file.size.toLocaleString('en')} bytes, protobuf ends at ${MAX_FILE_BYTES.toLocaleString('en')}`;
      throw new ConvertError('ONNX_TOO_LARGE', message, {
        hint: 'Save it with external data: onnx.save(model, path, save_as_external_data=True).',
      });
    }
    const bytes = new Uint8Array(file.size);
    for (let at = 0; at < file.size; at += READ_BYTES) {
      const piece = bytes.subarray(at, at + READ_BYTES);
      await file.readInto(piece, at);
      hash?.update(piece);
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** The files that tensors of the graph lie in. Those of subgraphs are small, and are read when they are needed. */
function locations({ graph }: OnnxModel): Set<string> {
  const all = [...graph.initialisers.values()].map(({ external }) => external?.location);
  return new Set(all.filter((location) => location !== undefined));
}

/** The files beside a model, opened once each. None of them may lie outside the model's folder. */
class FilesBeside {
  readonly #folder: string;
  readonly #label: string;
  readonly #open = new Map<string, RandomAccessFile>();

  constructor(path: string, label: string) {
    this.#folder = dirname(path);
    this.#label = label;
  }

  async hash(location: string, hash: Sha256): Promise<void> {
    await addToHash(hash, await this.#file(location));
  }

  async read({ name, dims, dtype, count, external }: OnnxTensor): Promise<Uint8Array> {
    if (external === null) throw new Error(`The tensor ${name} lies in the model itself.`);
    const bytes = count * DTYPE_BYTES[dtype];
    const { location, offset, length } = external;
    const file = await this.#file(location);
    if ((length !== null && length !== bytes) || offset + bytes > file.size) {
      const message =
        `${this.#label}: tensor ${quoted(name)}: [${dims.join(', ')}] takes ${bytes.toLocaleString('en')} bytes, ` +
        `${(length ?? Math.max(0, file.size - offset)).toLocaleString('en')} are said to lie at ` +
        `${offset.toLocaleString('en')} of ${quoted(location)}, which has ${file.size.toLocaleString('en')}`;
      throw new ConvertError('ONNX_EXTERNAL_DATA', message);
    }
    return file.read(offset, bytes);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((file) => file.close()));
    this.#open.clear();
  }

  async #file(location: string): Promise<RandomAccessFile> {
    const open = this.#open.get(location);
    if (open !== undefined) return open;
    const file = await RandomAccessFile.open(await this.path(location));
    this.#open.set(location, file);
    return file;
  }

  /** @throws ConvertError `ONNX_EXTERNAL_DATA` for a path out of the model's folder; FileError for a link out of it */
  async path(location: string): Promise<string> {
    const path = join(this.#folder, location);
    if (!location.includes('\0') && !isAbsolute(location) && !leadsOut(relative(this.#folder, path))) {
      await checkWithinFolder(this.#folder, path);
      return path;
    }
    const message = `${this.#label}: its data is said to lie in ${quoted(location.slice(0, 200))}, which is outside its folder`;
    throw new ConvertError('ONNX_EXTERNAL_DATA', message);
  }
}

function leadsOut(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}
