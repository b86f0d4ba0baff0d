/** An ONNX file as it is, in a session: images in, values that are numbers out. */

import type { StoredOnnxFile } from '../../../graph/index.js';
import { withOutputs } from '../../../graph/onnx/index.js';
import { decodeFloat16, encodeFloat16, type OnnxFileFacts } from '../../../weights/index.js';
import type { ImageBatch } from '../../contract/backend.js';
import type { FileValue } from '../../contract/onnx-file.js';
import type { Device } from './providers.js';
import type { OnnxRuntime, OrtSession, OrtTensor } from './runtime.js';
import { createSession, sessionError } from './session.js';

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
  readonly #tables: readonly Float32Array[];

  private constructor(
    runtime: OnnxRuntime,
    session: OrtSession,
    device: Device,
    facts: OnnxFileFacts,
    tables: readonly Float32Array[],
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#device = device;
    this.#facts = facts;
    this.#tables = tables;
  }

  /** @throws EngineError as `createSession` */
  static async open(
    runtime: OnnxRuntime,
    { bytes, facts }: StoredOnnxFile,
    values: readonly string[],
    pixels: Pixels,
    place: { device: Device; threads?: number | undefined },
  ): Promise<FileSession> {
    const session = await createSession(runtime, withOutputs(bytes, values), place);
    return new FileSession(runtime, session, place.device, facts, tablesOf(pixels));
  }

  /**
   * @param names some of the values that the session was opened with
   * @returns those that are numbers
   * @throws EngineError as `createSession`
   */
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
    const channels = this.#tables.length;
    const dims = layout === 'nhwc' ? [rows, height, width, channels] : [rows, channels, height, width];
    const values = layout === 'nhwc' ? this.#inOrder(data) : this.#planes(data, rows, height * width);
    const { Tensor } = this.#runtime.ort;
    if (type === 'uint8') return new Tensor('uint8', Uint8Array.from(values, asByte), dims);
    if (type === 'float16') return new Tensor('float16', encodeFloat16(values), dims);
    return new Tensor('float32', values, dims);
  }

  #inOrder(data: Uint8Array): Float32Array {
    const tables = this.#tables;
    return Float32Array.from(data, (pixel, i) => tables[i % tables.length]![pixel]!);
  }

  #planes(data: Uint8Array, rows: number, pixels: number): Float32Array {
    const channels = this.#tables.length;
    const values = new Float32Array(data.length);
    for (let row = 0; row < rows; row++) {
      const first = row * pixels * channels;
      for (const [c, table] of this.#tables.entries()) {
        const plane = first + c * pixels;
        for (let i = 0; i < pixels; i++) values[plane + i] = table[data[first + i * channels + c]!]!;
      }
    }
    return values;
  }
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
