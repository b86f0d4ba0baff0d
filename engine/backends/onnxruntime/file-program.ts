/** A network that is an ONNX file, as a program: its values are the taps, and one of them may be the scores. */
import type { StoredOnnxFile } from '../../../graph/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs, TapOutput } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { softmax } from '../../contract/softmax.js';
import { FileSession, type FileValue } from './file-session.js';
import type { Device } from './providers.js';
import type { OnnxRuntime } from './runtime.js';

export class OnnxFileProgram implements Program {
  readonly #session: FileSession;
  readonly #file: StoredOnnxFile;
  readonly #taps: readonly string[];
  /** Value of the classes; null: they are not wanted. */
  readonly #scores: string | null;
  /** The run under way, or the last one. */
  #lastRun: Promise<unknown> = Promise.resolve();

  private constructor(session: FileSession, file: StoredOnnxFile, taps: readonly string[], scores: string | null) {
    this.#session = session;
    this.#file = file;
    this.#taps = taps;
    this.#scores = scores;
  }

  /**
   * @param output value of the classes
   * @throws EngineError as `createSession`
   */
  static async compile(
    runtime: OnnxRuntime,
    file: StoredOnnxFile,
    output: string,
    { taps, scores, mean, std, threads }: CompileOptions,
    device: Device,
  ): Promise<OnnxFileProgram> {
    const values = [...new Set([...taps, ...(scores ? [output] : [])])];
    const session = await FileSession.open(runtime, file, values, { mean, std }, { device, threads });
    return new OnnxFileProgram(session, file, taps, scores ? output : null);
  }

  run(batch: ImageBatch): Promise<ProgramOutputs> {
    const run = this.#lastRun.then(() => this.#run(batch));
    this.#lastRun = run.catch(() => {});
    return run;
  }

  async dispose(): Promise<void> {
    await this.#lastRun;
    await this.#session.close();
  }

  async #run(batch: ImageBatch): Promise<ProgramOutputs> {
    const names = [...new Set([...this.#taps, ...(this.#scores === null ? [] : [this.#scores])])];
    const parts = new Map(names.map((name) => [name, [] as TapOutput[]]));
    for (const { images, rows } of partsOf(batch, this.#file.facts.batch)) {
      const values = await this.#session.run(images, names);
      for (const name of names) parts.get(name)!.push(firstRows(name, values.get(name), images.rows, rows));
    }
    const joined = new Map([...parts].map(([name, each]) => [name, joinedRows(each, batch.rows)]));
    return {
      taps: new Map(this.#taps.map((name) => [name, joined.get(name)!])),
      scores: this.#scores === null ? null : this.#probabilities(joined.get(this.#scores)!),
    };
  }

  #probabilities({ shape, data }: TapOutput): Float32Array {
    return this.#file.facts.scores === 'probabilities' ? data : softmax(data, shape[1]!);
  }
}

/** The batch as the file takes it; the last part of a fixed number of images is filled up. */
function* partsOf(batch: ImageBatch, size: number | null): Generator<{ images: ImageBatch; rows: number }> {
  if (size === null) return yield { images: batch, rows: batch.rows };
  const { height, width, data } = batch;
  const length = data.length / batch.rows;
  for (let from = 0; from < batch.rows; from += size) {
    const rows = Math.min(size, batch.rows - from);
    const own = data.subarray(from * length, (from + rows) * length);
    const filled = rows === size ? own : new Uint8Array(size * length);
    if (filled !== own) filled.set(own);
    yield { images: { rows: size, height, width, data: filled }, rows };
  }
}

function firstRows(name: string, value: FileValue | undefined, given: number, rows: number): TapOutput {
  if (value === undefined || value.shape[0] !== given) {
    throw new EngineError(
      'BACKEND_FAILED',
      `backend onnxruntime: ${name} is ${value === undefined ? 'no number' : `[${value.shape.join(', ')}]`} for ${given} images`,
    );
  }
  const length = value.data.length / given;
  return { shape: value.shape.with(0, rows), data: value.data.subarray(0, rows * length) };
}

function joinedRows(parts: readonly TapOutput[], rows: number): TapOutput {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const length = first!.data.length / first!.shape[0]!;
  const data = new Float32Array(rows * length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: first!.shape.with(0, rows), data };
}
