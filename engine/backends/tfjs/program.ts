/**
 * Runs a graph on a TensorFlow.js backend. Maps are NHWC while operations allow it, outputs as in PyTorch. A batch
 * holds the engine only while it is recorded, so the next one is recorded while a device computes this one.
 */
import { type BoundGraph, type GraphNode, parameterName } from '../../../graph/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs, TapOutput } from '../../contract/backend.js';
import { softmax } from '../../contract/parts.js';
import { tf, withBackend } from './global-engine.js';
import { prepareOp } from './prepare-op.js';
import { channelsFirst, forBatch, type Laid, type PreparedOp } from './step.js';

interface Step extends PreparedOp {
  name: string;
  inputs: readonly string[];
  /** Nodes whose outputs no later step needs. */
  lastUseOf: readonly string[];
}

/** The result of work that an engine may still refuse. */
export interface Watched<T> {
  value: T;
  /** Rejects if the work was refused. */
  accepted: Promise<void>;
}

/** Runs `record` immediately and finds out whether the engine accepts what it recorded. */
export type Watch = <T>(record: () => T) => Watched<T>;

/** For engines that refuse work immediately or never. */
const unwatched: Watch = (record) => ({ value: record(), accepted: Promise.resolve() });

interface Recorded {
  outputs: readonly tf.Tensor[];
  reads: readonly Promise<TapOutput>[];
}

export class TfjsProgram implements Program {
  readonly #backend: string;
  readonly #taps: readonly string[];
  readonly #logits: string | null;
  readonly #normalisation: NormalisationTable;
  readonly #input: string;
  readonly #steps: readonly Step[];
  readonly #watch: Watch;
  readonly #underWay = new Set<Promise<unknown>>();

  /** The backend must be active. */
  constructor(backend: string, { graph, tensors }: BoundGraph, options: CompileOptions, watch = unwatched) {
    this.#backend = backend;
    this.#watch = watch;
    this.#taps = options.taps;
    this.#logits = options.scores ? graph.output : null;
    this.#normalisation = normalisationTable(options.mean, options.std);
    const [input, ...nodes] = graph.nodes;
    this.#input = input!.name;
    const kept = new Set(this.#logits === null ? options.taps : [...options.taps, this.#logits]);
    const lastUses = findLastUses(graph.nodes, kept);
    this.#steps = nodes.map((node) => {
      if (node.op === 'input') throw new Error(`Node ${node.name}: a graph has one input, its first node.`);
      const prepared = prepareOp(node, (part) => {
        const tensor = tensors.get(parameterName(node.name, part));
        if (tensor === undefined) throw new Error(`Node ${node.name}: its tensor ${part} is missing.`);
        return tensor;
      });
      return { ...prepared, name: node.name, inputs: node.inputs, lastUseOf: lastUses.get(node.name) ?? [] };
    });
  }

  async run(batch: ImageBatch): Promise<ProgramOutputs> {
    const run = this.#run(batch);
    this.#underWay.add(run);
    try {
      return await run;
    } finally {
      this.#underWay.delete(run);
    }
  }

  async #run(batch: ImageBatch): Promise<ProgramOutputs> {
    const { value, accepted } = await withBackend(this.#backend, () => this.#watch(() => this.#record(batch)));
    const { outputs, reads } = value;
    // Waits for all reads, even if one fails: a tensor must not be freed while it is read.
    const [refusal, ...settled] = await Promise.allSettled([accepted, ...reads]);
    tf.dispose([...outputs]);
    if (refusal.status === 'rejected') throw refusal.reason;
    const read = settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    const logits = this.#logits === null ? null : read[read.length - 1]!;
    return {
      taps: new Map(this.#taps.map((name, i) => [name, read[i]!])),
      scores: logits === null ? null : softmax(logits.data, logits.shape[1]!),
    };
  }

  #record(batch: ImageBatch): Recorded {
    const wanted = this.#logits === null ? this.#taps : [...this.#taps, this.#logits];
    const outputs = tf.tidy(() => {
      const values = this.#execute(batch);
      return wanted.map((name) => tf.clone(forBatch(channelsFirst(values.get(name)!), batch.rows)));
    });
    return { outputs, reads: outputs.map(readOutput) };
  }

  #execute({ rows, height, width, data }: ImageBatch): Map<string, Laid> {
    const values = new Map<string, Laid>();
    const channels = this.#normalisation.length;
    values.set(this.#input, {
      tensor: tf.tensor4d(normalise(data, this.#normalisation), [rows, height, width, channels]),
      channelsLast: true,
    });
    for (const { name, inputs, run, lastUseOf } of this.#steps) {
      const operands = inputs.map((input) => values.get(input)!);
      values.set(name, runTidily(run, operands));
      for (const used of lastUseOf) {
        values.get(used)!.tensor.dispose();
        values.delete(used);
      }
    }
    return values;
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    return withBackend(this.#backend, () => {
      for (const { weights } of this.#steps) tf.dispose([...weights]);
    });
  }
}

/** For each node, the nodes whose outputs are used there for the last time. `kept` nodes are never included. */
function findLastUses(nodes: readonly GraphNode[], kept: ReadonlySet<string>): Map<string, string[]> {
  const lastUser = new Map<string, string>();
  for (const { name, inputs } of nodes) {
    for (const input of inputs) if (!kept.has(input)) lastUser.set(input, name);
  }
  const uses = new Map<string, string[]>();
  for (const [used, user] of lastUser) uses.set(user, [...(uses.get(user) ?? []), used]);
  return uses;
}

/** `tf.tidy` keeps the tensors of an object that a function returns, but not the type of the other parts. */
function runTidily(run: PreparedOp['run'], operands: readonly Laid[]): Laid {
  let channelsLast = false;
  const tensor = tf.tidy(() => {
    const result = run(operands);
    channelsLast = result.channelsLast;
    return result.tensor;
  });
  return { tensor, channelsLast };
}

async function readOutput(tensor: tf.Tensor): Promise<TapOutput> {
  return { shape: tensor.shape, data: (await tensor.data()) as Float32Array };
}

/** The values of pixel 0 to 255, for each channel in turn. */
export type NormalisationTable = readonly Float32Array[];

export function normalisationTable(mean: readonly number[], std: readonly number[]): NormalisationTable {
  return mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, pixel) => {
      const scaled = Math.fround(pixel / 255);
      return Math.fround(Math.fround(scaled - Math.fround(m)) / Math.fround(std[channel]!));
    }),
  );
}

/** `[rows, height, width, channels]` in, the same shape out. */
export function normalise(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  return table.length === 3 ? normaliseRgb(pixels, table) : normaliseAny(pixels, table);
}

function normaliseAny(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  const values = new Float32Array(pixels.length);
  for (const [channel, ofPixel] of table.entries()) {
    for (let i = channel; i < pixels.length; i += table.length) values[i] = ofPixel[pixels[i]!]!;
  }
  return values;
}

function normaliseRgb(pixels: Uint8Array, table: NormalisationTable): Float32Array {
  const [red, green, blue] = table as [Float32Array, Float32Array, Float32Array];
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    values[i] = red[pixels[i]!]!;
    values[i + 1] = green[pixels[i + 1]!]!;
    values[i + 2] = blue[pixels[i + 2]!]!;
  }
  return values;
}
