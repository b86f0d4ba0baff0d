/** A network that is an ONNX file, as a program: its values are the taps, and one of them may be the scores. */

import { Gate } from '../../../files/index.js';
import type { StoredOnnxFile } from '../../../graph/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs, TapOutput } from '../../contract/backend.js';
import { firstRows, padRows, runInParts } from '../../contract/batch-parts.js';
import { EngineError } from '../../contract/engine-error.js';
import type { FileValue } from '../../contract/onnx-file.js';
import { softmax } from '../../contract/softmax.js';
import { FileSession } from './file-session.js';
import type { Device } from './providers.js';
import type { OnnxRuntime } from './runtime.js';

export class OnnxFileProgram implements Program {
  readonly #session: FileSession;
  readonly #file: StoredOnnxFile;
  readonly #taps: readonly string[];
  /** Value of the classes; null: they are not wanted. */
  readonly #scores: string | null;
  readonly #gate = new Gate(1);

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
    const { batch: size } = this.#file.facts;
    return this.#gate.pass(() =>
      size === null ? this.#run(batch) : runInParts(batch, size, (part) => this.#filled(part, size)),
    );
  }

  dispose(): Promise<void> {
    return this.#gate.pass(() => this.#session.close());
  }

  /** A part of a fixed number of images. */
  async #filled(part: ImageBatch, size: number): Promise<ProgramOutputs> {
    return firstRows(await this.#run(padRows(part, size)), part.rows);
  }

  async #run(images: ImageBatch): Promise<ProgramOutputs> {
    const scores = this.#scores;
    const names = [...new Set([...this.#taps, ...(scores === null ? [] : [scores])])];
    const values = await this.#session.run(images, names);
    const outputs = new Map(names.map((name) => [name, outputOf(name, values.get(name), images.rows)]));
    return {
      taps: new Map(this.#taps.map((name) => [name, outputs.get(name)!])),
      scores: scores === null ? null : this.#probabilities(outputs.get(scores)!),
    };
  }

  #probabilities({ shape, data }: TapOutput): Float32Array {
    return this.#file.facts.scores === 'probabilities' ? data : softmax(data, shape[1]!);
  }
}

function outputOf(name: string, value: FileValue | undefined, images: number): TapOutput {
  if (value === undefined || value.shape[0] !== images) {
    throw new EngineError(
      'BACKEND_FAILED',
      `backend onnxruntime: ${name} is ${value === undefined ? 'no number' : `[${value.shape.join(', ')}]`} for ${images} images`,
    );
  }
  return { shape: value.shape, data: value.data };
}
