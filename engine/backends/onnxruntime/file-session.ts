/** An ONNX file as it is, in a session: images in, values that are numbers out. */
import type { StoredOnnxFile } from '../../../graph/index.js';
import { decodeFloat16, encodeFloat16, type OnnxFileFacts } from '../../../weights/index.js';
import type { ImageBatch } from '../../contract/backend.js';
import type { FileValue } from '../../contract/engine-description.js';
import {
  createSession,
  type Device,
  type OnnxRuntime,
  type OrtSession,
  type OrtTensor,
  sessionError,
} from './runtime.js';

/** A value a channel, in units of pixel/255. */
export interface Pixels {
  mean: readonly number[];
  std: readonly number[];
}

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float16', 'float64']);
const WHOLE_NUMBERS: ReadonlySet<string> = new Set(['uint8', 'int8', 'int32']);
const LEVELS = 256;
const WHITE = 255;

export class FileSession {
  readonly #runtime: OnnxRuntime;
  readonly #session: OrtSession;
  readonly #device: Device;
  readonly #facts: OnnxFileFacts;
  /** Null: the network takes pixels as they are. */
  readonly #tables: readonly Float32Array[] | null;

  private constructor(
    runtime: OnnxRuntime,
    session: OrtSession,
    device: Device,
    facts: OnnxFileFacts,
    pixels: Pixels | null,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#device = device;
    this.#facts = facts;
    this.#tables = pixels && tablesOf(pixels);
  }

  /** @throws EngineError as `createSession` */
  static async open(
    runtime: OnnxRuntime,
    { bytes, facts }: StoredOnnxFile,
    pixels: Pixels | null,
    place: { device: Device; threads?: number | undefined },
  ): Promise<FileSession> {
    return new FileSession(runtime, await createSession(runtime, bytes, place), place.device, facts, pixels);
  }

  /** @returns those of these outputs that are numbers; @throws EngineError as `createSession` */
  async run(images: ImageBatch, names: readonly string[]): Promise<Map<string, FileValue>> {
    const wanted = names.filter((name) => this.#isNumber(name));
    if (wanted.length === 0) return new Map();
    try {
      const outputs = await this.#session.run({ [this.#facts.input]: this.#tensor(images) }, wanted);
      return new Map(
        wanted.flatMap((name): [string, FileValue][] => {
          const value = numbersOf(outputs[name]);
          return value === null ? [] : [[name, value]];
        }),
      );
    } catch (error) {
      throw sessionError(error, this.#device);
    }
  }

  close(): Promise<void> {
    return this.#session.release();
  }

  /** Versions before 1.22 do not say which type an output has. */
  #isNumber(name: string): boolean {
    const told = this.#session.outputMetadata?.find((output) => output.name === name);
    return told === undefined || (told.isTensor && isNumber(told.type ?? ''));
  }

  #tensor({ rows, height, width, data }: ImageBatch): OrtTensor {
    const { layout, type } = this.#facts;
    const { Tensor } = this.#runtime.ort;
    const channels = data.length / (rows * height * width);
    const dims = layout === 'nhwc' ? [rows, height, width, channels] : [rows, channels, height, width];
    if (this.#tables === null) return new Tensor('uint8', data, dims);
    const values = layout === 'nhwc' ? inOrder(data, this.#tables) : planes(data, rows, this.#tables);
    if (type === 'uint8') return new Tensor('uint8', Uint8Array.from(values, asByte), dims);
    if (type === 'float16') return new Tensor('float16', encodeFloat16(values), dims);
    return new Tensor('float32', values, dims);
  }
}

function inOrder(data: Uint8Array, tables: readonly Float32Array[]): Float32Array {
  return Float32Array.from(data, (pixel, i) => tables[i % tables.length]![pixel]!);
}

function planes(data: Uint8Array, rows: number, tables: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(data.length);
  const image = data.length / rows;
  const pixels = image / tables.length;
  for (let row = 0; row < rows; row++) {
    for (const [c, table] of tables.entries()) {
      const plane = row * image + c * pixels;
      for (let i = 0; i < pixels; i++) values[plane + i] = table[data[row * image + i * tables.length + c]!]!;
    }
  }
  return values;
}

/** What each pixel becomes, a table a channel. */
function tablesOf({ mean, std }: Pixels): Float32Array[] {
  return mean.map((centre, c) =>
    Float32Array.from({ length: LEVELS }, (_, pixel) => (pixel / WHITE - centre) / std[c]!),
  );
}

function asByte(value: number): number {
  return Math.min(WHITE, Math.max(0, Math.round(value)));
}

function isNumber(type: string): boolean {
  return FLOATS.has(type) || WHOLE_NUMBERS.has(type);
}

function numbersOf(tensor: OrtTensor | undefined): FileValue | null {
  if (tensor === undefined || !isNumber(tensor.type)) return null;
  const { type, dims, data } = tensor;
  const isHalf = type === 'float16' && data instanceof Uint16Array;
  const values = isHalf ? decodeFloat16(data) : data instanceof Float32Array ? data : Float32Array.from(data);
  return { isFloat: FLOATS.has(type), shape: dims, data: values };
}
