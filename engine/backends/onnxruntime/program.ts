/** A layer graph as one session of onnxruntime. Each run gives all taps. */

import { Gate } from '../../../files/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import { ONNX_INPUT, ONNX_SCORES, onnxBytes, onnxModel } from '../../../graph/onnx/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs, TapOutput } from '../../contract/backend.js';
import type { Device } from './providers.js';
import type { OnnxRuntime, Ort, OrtSession } from './runtime.js';
import { createSession, sessionError } from './session.js';

export class OnnxRuntimeProgram implements Program {
  readonly #ort: Ort;
  readonly #session: OrtSession;
  readonly #device: Device;
  readonly #taps: readonly string[];
  readonly #gate = new Gate(1);

  private constructor(ort: Ort, session: OrtSession, device: Device, taps: readonly string[]) {
    this.#ort = ort;
    this.#session = session;
    this.#device = device;
    this.#taps = taps;
  }

  /** @throws EngineError `ONNX_TOO_LARGE`, and as `createSession` */
  static async compile(
    runtime: OnnxRuntime,
    model: BoundGraph,
    { taps, scores, mean, std, threads }: CompileOptions,
    device: Device,
  ): Promise<OnnxRuntimeProgram> {
    const bytes = onnxBytes(
      onnxModel(model, { taps: new Map(taps.map((name) => [outputName(name), name])), scores, mean, std, size: null }),
    );
    return new OnnxRuntimeProgram(runtime.ort, await createSession(runtime, bytes, { device, threads }), device, taps);
  }

  run(batch: ImageBatch): Promise<ProgramOutputs> {
    return this.#gate.pass(() => this.#run(batch));
  }

  async #run({ rows, height, width, data }: ImageBatch): Promise<ProgramOutputs> {
    try {
      const pixels = new this.#ort.Tensor('uint8', data, [rows, height, width, data.length / (rows * height * width)]);
      const outputs = await this.#session.run({ [ONNX_INPUT]: pixels });
      const read = (name: string): TapOutput => {
        const { dims, data } = outputs[name]!;
        return forBatch({ shape: dims, data: data as Float32Array }, rows);
      };
      return {
        taps: new Map(this.#taps.map((name) => [name, read(outputName(name))])),
        scores: ONNX_SCORES in outputs ? read(ONNX_SCORES).data : null,
      };
    } catch (error) {
      throw sessionError(error, this.#device);
    }
  }

  dispose(): Promise<void> {
    return this.#gate.pass(() => this.#session.release());
  }
}

/** A value that depends on no image comes once, and is wanted for each. */
function forBatch({ shape, data }: TapOutput, rows: number): TapOutput {
  if (shape[0] === rows) return { shape, data };
  const all = new Float32Array(rows * data.length);
  for (let row = 0; row < rows; row++) all.set(data, row * data.length);
  return { shape: shape.with(0, rows), data: all };
}

/** A layer may have the name that the model's input or its scores have. */
function outputName(tap: string): string {
  return tap === ONNX_INPUT || tap === ONNX_SCORES ? `layer ${tap}` : tap;
}
