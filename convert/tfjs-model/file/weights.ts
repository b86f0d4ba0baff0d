/** Weights for TensorFlow.js: a group's files are one sequence of bytes. Quantised values: `stored · scale + min`. */
import { dirname, isAbsolute, join, relative, sep, sha256 } from '#platform';
import { quoted } from '../../../base/index.js';
import { checkWithinFolder, RandomAccessFile } from '../../../files/index.js';
import { decodeFloat16 } from '../../../weights/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import type { ModelJson, WeightEntry, WeightGroup } from './model-json.js';

/** 2 GiB as float32, as for checkpoints. */
const MAX_VALUES = 2 ** 29;
const READ_BYTES = 64 * 2 ** 20;

const STORED_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};
const DTYPES = ['float32', 'int32', 'bool'] as const;

interface Place {
  entry: WeightEntry;
  group: number;
  /** Where its first byte is in the group. */
  offset: number;
  bytes: number;
}

export class Weights {
  /** By their names in the manifest. Values are external: `read` gives them. */
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #groups: readonly Shards[];
  readonly #label: string;

  private constructor(
    label: string,
    tensors: ReadonlyMap<string, OnnxTensor>,
    places: ReadonlyMap<string, Place>,
    groups: readonly Shards[],
  ) {
    this.#label = label;
    this.tensors = tensors;
    this.#places = places;
    this.#groups = groups;
  }

  /**
   * Opens all files, and compares their lengths with the manifest.
   * @throws ConvertError `TFJS_WEIGHTS` for a manifest that does not fit itself or its files; FileError
   */
  static async open(path: string, { label, groups }: ModelJson): Promise<Weights> {
    const places = placesOf(groups, label);
    const shards: Shards[] = [];
    try {
      for (const { paths } of groups) shards.push(await Shards.open(path, paths, label));
      const tensors = new Map([...places].map(([name, place]) => [name, tensorOf(name, place, label)]));
      const weights = new Weights(label, tensors, places, shards);
      weights.#checkLengths();
      return weights;
    } catch (error) {
      await Promise.all(shards.map((each) => each.close()));
      throw error;
    }
  }

  /** The hash of `model.json` and the files of weights in their order, lower-case hex. @throws FileError */
  async sha256(json: Uint8Array): Promise<string> {
    const hash = sha256().update(json);
    for (const shards of this.#groups) for await (const bytes of shards.pieces()) hash.update(bytes);
    return hash.digest('hex');
  }

  /**
   * The values in the type of the tensor, little endian.
   * @throws ConvertError `TFJS_WEIGHTS`; FileError
   */
  async read(name: string): Promise<Uint8Array> {
    const { entry, group, offset, bytes } = this.#places.get(name)!;
    return decoded(await this.#groups[group]!.read(offset, bytes), entry, this.#label);
  }

  async close(): Promise<void> {
    await Promise.all(this.#groups.map((shards) => shards.close()));
  }

  #checkLengths(): void {
    this.#groups.forEach((shards, group) => {
      const ends = [...this.#places.values()].filter((place) => place.group === group);
      const wanted = ends.reduce((sum, { bytes }) => sum + bytes, 0);
      if (wanted === shards.bytes) return;
      const [first] = shards.paths;
      throw weightsError(
        this.#label,
        `the shapes in the manifest take ${wanted.toLocaleString('en')} bytes, ` +
          `${shards.paths.length === 1 ? quoted(first!) : `its ${shards.paths.length} files`} ` +
          `${shards.paths.length === 1 ? 'has' : 'have'} ${shards.bytes.toLocaleString('en')}`,
      );
    });
  }
}

function placesOf(groups: readonly WeightGroup[], label: string): Map<string, Place> {
  const places = new Map<string, Place>();
  let values = 0;
  groups.forEach(({ weights }, group) => {
    let offset = 0;
    for (const entry of weights) {
      const count = countOf(entry);
      const bytes = count * storedBytes(entry, label);
      if (places.has(entry.name)) throw weightsError(label, `${told(entry)} is there twice`);
      places.set(entry.name, { entry, group, offset, bytes });
      offset += bytes;
      values += count;
    }
  });
  if (values > MAX_VALUES) {
    const found = values.toLocaleString('en');
    throw weightsError(label, `its weights have ${found} values, at most ${MAX_VALUES.toLocaleString('en')} are read`);
  }
  return places;
}

function countOf({ shape }: WeightEntry): number {
  return shape.reduce((product, size) => product * size, 1);
}

function storedBytes(entry: WeightEntry, label: string): number {
  const { dtype, quantization } = entry;
  if (!(DTYPES as readonly string[]).includes(dtype)) {
    throw weightsError(label, `${told(entry)} is of type ${quoted(dtype)}; float32, int32 and bool are read`);
  }
  if (quantization == null) return STORED_BYTES[dtype]!;
  const { min, scale } = quantization;
  const isWhole = quantization.dtype === 'float16' || (Number.isFinite(min) && Number.isFinite(scale));
  if (!isWhole) throw weightsError(label, `${told(entry)} is stored as ${quantization.dtype} without scale and min`);
  return STORED_BYTES[quantization.dtype]!;
}

function tensorOf(name: string, { entry }: Place, label: string): OnnxTensor {
  if (entry.shape.some((size) => size === 0)) throw weightsError(label, `${told(entry)} has no values`);
  const dtype = entry.dtype as (typeof DTYPES)[number];
  const external = { location: name, offset: 0, length: null };
  return { name, dtype, dims: entry.shape, count: countOf(entry), raw: null, listed: null, external };
}

function told({ name, shape }: WeightEntry): string {
  return `weight ${quoted(name.slice(0, 200))} [${shape.join(', ')}]`;
}

function decoded(stored: Uint8Array, entry: WeightEntry, label: string): Uint8Array {
  const { dtype, quantization } = entry;
  if (quantization == null) return stored;
  const values = valuesOf(stored, quantization, dtype === 'int32');
  if (!values.every((value) => Number.isFinite(value))) {
    throw weightsError(label, `${told(entry)} has values that are not numbers`);
  }
  const array = dtype === 'int32' ? Int32Array.from(values) : values;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function valuesOf(stored: Uint8Array, quantization: NonNullable<WeightEntry['quantization']>, isWhole: boolean) {
  // Typed arrays of wider numbers need memory that begins at a multiple of their width.
  const bytes = stored.byteOffset % 2 === 0 ? stored : Uint8Array.from(stored);
  const wide = () => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  if (quantization.dtype === 'float16') return decodeFloat16(wide());
  const { min = 0, scale = 1 } = quantization;
  const codes = quantization.dtype === 'uint8' ? bytes : wide();
  return Float32Array.from(codes, (code) => (isWhole ? Math.round(code * scale + min) : code * scale + min));
}

/** The files of one group as one sequence of bytes. */
class Shards {
  readonly #files: { file: RandomAccessFile; start: number }[];
  readonly paths: readonly string[];
  readonly bytes: number;

  private constructor(files: { file: RandomAccessFile; start: number }[], paths: readonly string[]) {
    this.#files = files;
    this.paths = paths;
    this.bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  }

  static async open(model: string, paths: readonly string[], label: string): Promise<Shards> {
    const files: { file: RandomAccessFile; start: number }[] = [];
    let start = 0;
    try {
      for (const path of paths) {
        const file = await RandomAccessFile.open(await insideFolder(model, path, label));
        files.push({ file, start });
        start += file.size;
      }
    } catch (error) {
      await Promise.all(files.map(({ file }) => file.close()));
      throw error;
    }
    return new Shards(files, paths);
  }

  async read(offset: number, bytes: number): Promise<Uint8Array> {
    const into = new Uint8Array(bytes);
    for (const { file, start } of this.#files) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + bytes, start + file.size);
      if (from < to) await file.readInto(into.subarray(from - offset, to - offset), from - start);
    }
    return into;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.bytes; at += READ_BYTES) yield this.read(at, Math.min(READ_BYTES, this.bytes - at));
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map(({ file }) => file.close()));
  }
}

/**
 * Paths of the files that a manifest names.
 * @throws ConvertError `TFJS_WEIGHTS` for one outside the model's folder; FileError for a link that leads out of it
 */
export async function shardPaths(model: string, { label, groups }: ModelJson): Promise<string[]> {
  const paths = groups.flatMap((group) => group.paths);
  return Promise.all(paths.map((path) => insideFolder(model, path, label)));
}

async function insideFolder(model: string, path: string, label: string): Promise<string> {
  const folder = dirname(model);
  const found = join(folder, path);
  const from = relative(folder, found);
  const isInside = from !== '' && from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
  if (isInside && !isAbsolute(path) && !path.includes('\0')) {
    await checkWithinFolder(folder, found);
    return found;
  }
  throw weightsError(
    label,
    `its weights are said to lie in ${quoted(path.slice(0, 200))}, which is outside its folder`,
  );
}

function weightsError(label: string, what: string): ConvertError {
  return new ConvertError('TFJS_WEIGHTS', `${label}: ${what}`);
}
