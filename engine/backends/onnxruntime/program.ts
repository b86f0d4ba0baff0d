/** A network as one session of onnxruntime: a layer graph, or an ONNX file as it is, whose values are the taps. */
import { Gate } from '../../../files/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import { ONNX_INPUT, ONNX_SCORES, onnxBytes, onnxModel, withOutputs } from '../../../graph/onnx/index.js';
import type { OnnxFileFacts } from '../../../weights/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs, TapOutput } from '../../contract/backend.js';
import type { FileValue } from '../../contract/engine-description.js';
import { EngineError } from '../../contract/engine-error.js';
import { outputsOf, padRows, runInParts, softmax } from '../../contract/parts.js';
import { FileSession } from './file-session.js';
import type { Device, OnnxRuntime } from './runtime.js';

/** What is known of the file that is written for a layer graph: it takes pixels, and gives the softmax. */
const OF_GRAPH: OnnxFileFacts = {
  input: ONNX_INPUT,
  layout: 'nhwc',
  type: 'uint8',
  batch: null,
  scores: 'probabilities',
};

export class OnnxRuntimeProgram implements Program {
  readonly #session: FileSession;
  readonly #facts: OnnxFileFacts;
  /** The value of each tap. */
  readonly #taps: ReadonlyMap<string, string>;
  /** Value of the classes; null: they are not wanted. */
  readonly #scores: string | null;
  readonly #gate = new Gate(1);

  private constructor(
    session: FileSession,
    facts: OnnxFileFacts,
    taps: ReadonlyMap<string, string>,
    scores: string | null,
  ) {
    this.#session = session;
    this.#facts = facts;
    this.#taps = taps;
    this.#scores = scores;
  }

  /** @throws EngineError `ONNX_TOO_LARGE`, and as `createSession` */
  static async compile(
    runtime: OnnxRuntime,
    model: BoundGraph,
    options: CompileOptions,
    device: Device,
  ): Promise<OnnxRuntimeProgram> {
    const { taps, scores, mean, std, threads } = options;
    const place = { device, threads };
    if (model.file !== undefined) {
      const names = new Map(taps.map((name) => [name, name]));
      const output = scores ? model.graph.output : null;
      const { facts } = model.file;
      const bytes = withOutputs(model.file.bytes, valuesOf(names, output));
      const session = await FileSession.open(runtime, { bytes, facts }, { mean, std }, place);
      return new OnnxRuntimeProgram(session, facts, names, output);
    }
    const names = new Map(taps.map((name) => [name, outputName(name)]));
    const outputs = new Map(taps.map((name) => [outputName(name), name]));
    const bytes = onnxBytes(onnxModel(model, { taps: outputs, scores, mean, std, size: null }));
    const session = await FileSession.open(runtime, { bytes, facts: OF_GRAPH }, null, place);
    return new OnnxRuntimeProgram(session, OF_GRAPH, names, scores ? ONNX_SCORES : null);
  }

  run(batch: ImageBatch): Promise<ProgramOutputs> {
    const { batch: size } = this.#facts;
    return this.#gate.pass(() =>
      size === null ? this.#run(batch) : runInParts(batch, size, (part) => this.#filled(part, size)),
    );
  }

  dispose(): Promise<void> {
    return this.#gate.pass(() => this.#session.close());
  }

  async #filled(part: ImageBatch, size: number): Promise<ProgramOutputs> {
    return outputsOf(await this.#run(padRows(part, size)), size, 0, part.rows);
  }

  async #run(images: ImageBatch): Promise<ProgramOutputs> {
    const names = valuesOf(this.#taps, this.#scores);
    const values = await this.#session.run(images, names);
    const isOwn = this.#facts === OF_GRAPH;
    const read = (name: string) => outputOf(name, values.get(name), images.rows, isOwn);
    const outputs = new Map(names.map((name) => [name, read(name)]));
    return {
      taps: new Map([...this.#taps].map(([tap, name]) => [tap, outputs.get(name)!])),
      scores: this.#scores === null ? null : this.#probabilities(outputs.get(this.#scores)!),
    };
  }

  #probabilities({ shape, data }: TapOutput): Float32Array {
    return this.#facts.scores === 'probabilities' ? data : softmax(data, shape[1]!);
  }
}

function valuesOf(taps: ReadonlyMap<string, string>, scores: string | null): string[] {
  return [...new Set([...taps.values(), ...(scores === null ? [] : [scores])])];
}

/** A layer may have the name that the model's input or its scores have. */
function outputName(tap: string): string {
  return tap === ONNX_INPUT || tap === ONNX_SCORES ? `layer ${tap}` : tap;
}

/** @param repeats whether a value that depends on no image, which comes once, is given for each */
function outputOf(name: string, value: FileValue | undefined, images: number, repeats: boolean): TapOutput {
  if (value !== undefined && value.shape[0] === images) return { shape: value.shape, data: value.data };
  if (value === undefined || !repeats) {
    const found = value === undefined ? 'no number' : `[${value.shape.join(', ')}]`;
    throw new EngineError('BACKEND_FAILED', `backend onnxruntime: ${name} is ${found} for ${images} images`);
  }
  const { shape, data } = value;
  const all = new Float32Array(images * data.length);
  for (let row = 0; row < images; row++) all.set(data, row * data.length);
  return { shape: shape.with(0, images), data: all };
}
