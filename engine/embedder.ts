/**
 * Images in, embeddings out: a model from a weights folder, on one backend, on every core.
 *
 * Not here: reading images (room data), and anything about a particular engine (`backends/`).
 */
import { availableParallelism } from 'node:os';
import { checkTensor, type ModelConfig, readWeights, type Weights } from '../weights/index.js';
import { buildGraph } from './backbones/registry.js';
import type { Backend, CompileOptions, ImageBatch, Program } from './backend.js';
import { type EngineName, loadBackend } from './backends/registry.js';
import { checkBatchFits, defaultBatchSize } from './batch-size.js';
import { type BoundGraph, bind } from './bound-graph.js';
import { checkBatch } from './check-batch.js';
import { collectGarbage } from './collect-garbage.js';
import { checkFinite, concatRows, emptyOutputs, type NamedOutputs } from './embeddings.js';
import { EngineError } from './engine-error.js';
import type { Graph } from './graph.js';
import { orderedMap } from './ordered-map.js';
import { optimise } from './passes/optimise.js';
import { inferShapes } from './shapes.js';
import { resolveTap } from './taps.js';
import { WorkerPool } from './workers/worker-pool.js';

/** More threads than any machine has cores; each takes some 150 MB. */
const MAX_THREADS = 1024;
/** Images at once; beyond this a typing mistake is likelier than a use. */
const MAX_BATCH = 65_536;
/** Batches computed or waiting beyond one a thread, so that no thread waits for the reader or the writer. */
const AHEAD = 2;

export interface EmbedderOptions {
  /**
   * PyTorch module paths of the layers whose outputs are wanted (`fc.0`, `layer4.1`), as `get_submodule` names them;
   * the first is the embedding. Left out: the one that the weights name.
   */
  tap?: string | readonly string[] | undefined;
  /** Whether the softmax of the classes is wanted too; default true. */
  scores?: boolean | undefined;
  /** Images computed at once; default by image size, at most 64. Does not change results beyond float32 rounding. */
  batch?: number | undefined;
  /**
   * Worker threads, for backends that compute on the thread that calls them; default one a core. 0 computes on the
   * calling thread, which blocks it but starts soonest. Results are the same, bit for bit, for any number.
   */
  threads?: number | undefined;
  /** Default `wasm`. */
  backend?: EngineName | undefined;
}

export interface Tap {
  /** As asked for. */
  name: string;
  /** Shape of one row, `[channels, height, width]` or `[features]`; null where it depends on the image size. */
  shape: readonly number[] | null;
}

/** What came of one input batch. */
export interface Embedded<T extends ImageBatch> extends NamedOutputs {
  /** The batch itself, with whatever else it carries (labels, names). */
  input: T;
}

/** Part of an input batch, small enough to be computed at once. */
interface Chunk<T extends ImageBatch> {
  input: T;
  images: ImageBatch;
  /** Number of its first image in the stream. */
  first: number;
  isLast: boolean;
}

export class Embedder implements AsyncDisposable {
  readonly config: ModelConfig;
  /** Names the model and its preprocessing. */
  readonly weightsSha256: string;
  readonly backend: string;
  /** 0 where all is computed on the calling thread. */
  readonly threads: number;
  readonly taps: readonly Tap[];

  readonly #graph: Graph;
  /** Name asked for → node. */
  readonly #tapNodes: ReadonlyMap<string, string>;
  readonly #batch: number | null;
  readonly #start: () => Promise<Program>;
  readonly #scores: boolean;
  #program: Promise<Program> | null = null;
  #closed = false;

  private constructor(weights: Weights, backend: Backend, options: EmbedderOptions) {
    const { config, tensors, sha256 } = weights;
    this.config = config;
    this.weightsSha256 = sha256;
    this.backend = backend.name;
    this.#scores = options.scores ?? true;
    this.#batch = options.batch === undefined ? null : wholeNumber('batch', options.batch, 1, MAX_BATCH);
    const threads = wholeNumber('threads', options.threads ?? availableParallelism(), 0, MAX_THREADS);
    this.threads = backend.parallelism === 'workers' ? threads : 0;

    const { backbone, head, classes, preprocessing } = config;
    const graph = buildGraph({ backbone, head, classes: classes.length });
    this.#tapNodes = new Map(tapNames(options.tap ?? config.tap).map((name) => [name, resolveTap(graph, name)]));
    const taps = [...new Set(this.#tapNodes.values())];
    const kept = new Set(this.#scores ? [...taps, graph.output] : taps);
    const model = optimise(bind(graph, tensors), kept);
    this.#graph = model.graph;
    this.taps = describeTaps(model.graph, this.#tapNodes, preprocessing.size);

    const compile: CompileOptions = {
      taps,
      scores: this.#scores,
      mean: preprocessing.mean,
      std: preprocessing.std,
      precision: 'float32',
    };
    this.#start = starter(backend, model, compile, this.threads);
  }

  /**
   * @param dir a folder that `convert` wrote
   * @throws WeightsError, FileError when the folder cannot be used; EngineError as `create`
   */
  static async load(dir: string, options: EmbedderOptions = {}): Promise<Embedder> {
    const backend = await loadBackend(options.backend ?? 'wasm');
    return new Embedder(await readWeights(dir), backend, options);
  }

  /**
   * Nothing is started yet; threads and engine start with the first batch.
   *
   * @throws EngineError `UNKNOWN_BACKBONE`, `TENSORS_DO_NOT_FIT`, `UNKNOWN_TAP`, `BACKEND_UNKNOWN`, `BAD_OPTION`
   * @throws WeightsError `WEIGHTS_NOT_FINITE` for a NaN or an infinity, with the tensor's name and the place
   */
  static async create(weights: Weights, options: EmbedderOptions = {}): Promise<Embedder> {
    const backend = await loadBackend(options.backend ?? 'wasm');
    for (const [name, tensor] of weights.tensors) checkTensor(name, tensor);
    return new Embedder(weights, backend, options);
  }

  /**
   * Images computed at once, for images of this size.
   *
   * @throws EngineError `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE`
   */
  batchSize(height: number, width: number): number {
    const image = { height, width };
    const batch = this.#batch ?? defaultBatchSize(this.#graph, image);
    checkBatchFits(this.#graph, image, batch);
    return batch;
  }

  /**
   * One result for each input batch, in the order of the input. Batches may have any number of images, and images of
   * different sizes where the model takes any size; large ones are computed in parts.
   *
   * At most a few parts are read ahead. When the consumer stops early the source is told to return; when anything
   * fails, the results before it come first, then the error, and no work is left behind.
   *
   * @throws EngineError `BAD_BATCH`, `IMAGE_SIZE`, `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE`, `OUTPUT_NOT_FINITE`,
   *   `WORKER_DIED`, `EMBEDDER_CLOSED`; all name the images
   */
  async *run<T extends ImageBatch>(
    batches: Iterable<T> | AsyncIterable<T>,
  ): AsyncGenerator<Embedded<T>, void, undefined> {
    const window = Math.max(1, this.threads) + AHEAD;
    let parts: NamedOutputs[] = [];
    const results = orderedMap(this.#chunks(batches), window, async (chunk) => {
      return { chunk, outputs: await this.#compute(chunk) };
    });
    for await (const { chunk, outputs } of results) {
      parts.push(outputs);
      if (!chunk.isLast) continue;
      yield { input: chunk.input, ...concatRows(parts) };
      parts = [];
    }
  }

  /** Ends the threads and gives their memory back; runs under way fail with `EMBEDDER_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    const program = this.#program;
    this.#program = null;
    if (program !== null) await (await program.catch(() => null))?.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#chunks<T extends ImageBatch>(batches: Iterable<T> | AsyncIterable<T>): AsyncGenerator<Chunk<T>> {
    let first = 0;
    for await (const input of batches) {
      checkBatch(input, this.config, first);
      const { rows, height, width, data } = input;
      const size = this.batchSize(height, width);
      const bytes = height * width * 3;
      for (let from = 0; from < rows || from === 0; from += size) {
        const to = Math.min(from + size, rows);
        const images = { rows: to - from, height, width, data: data.subarray(from * bytes, to * bytes) };
        yield { input, images, first: first + from, isLast: to === rows };
      }
      first += rows;
    }
  }

  async #compute({ images, first }: Chunk<ImageBatch>): Promise<NamedOutputs> {
    if (images.rows === 0) {
      return emptyOutputs(inferShapes(this.#graph, images), this.#tapNodes, this.#scores);
    }
    try {
      if (this.#closed) throw new EngineError('EMBEDDER_CLOSED', 'this embedder has been closed');
      this.#program ??= this.#start();
      const { taps, scores } = await (await this.#program).run(images);
      const named = new Map([...this.#tapNodes].map(([name, node]) => [name, taps.get(node)!] as const));
      const outputs = { rows: images.rows, taps: named, scores };
      checkFinite(outputs, first);
      return outputs;
    } catch (error) {
      throw namingImages(error, first, images.rows);
    }
  }
}

function starter(backend: Backend, model: BoundGraph, options: CompileOptions, threads: number) {
  return threads === 0 ? startHere(backend, model, options) : startWorkers(backend.name, model, options, threads);
}

function startHere(backend: Backend, model: BoundGraph, options: CompileOptions): () => Promise<Program> {
  return () => backend.compile(model, options);
}

/** A function of its own, so that no closure keeps the tensors that the pool has copied into shared memory. */
function startWorkers(
  backend: string,
  model: BoundGraph,
  options: CompileOptions,
  threads: number,
): () => Promise<Program> {
  const pool = new WorkerPool(backend, model, options, threads);
  return async () => {
    collectGarbage();
    return pool;
  };
}

function tapNames(tap: string | readonly string[]): readonly string[] {
  const names = typeof tap === 'string' ? [tap] : tap;
  if (names.length === 0) throw new EngineError('BAD_OPTION', 'no tap: at least one layer must be named');
  return names;
}

function describeTaps(
  graph: Graph,
  tapNodes: ReadonlyMap<string, string>,
  size: readonly [number, number] | null,
): Tap[] {
  const shapes = size === null ? null : inferShapes(graph, { height: size[0], width: size[1] });
  return [...tapNodes].map(([name, node]): Tap => ({ name, shape: shapes?.get(node) ?? null }));
}

function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EngineError('BAD_OPTION', `${option} is ${value}, a whole number from ${least} to ${most} is needed`);
}

function namingImages(error: unknown, first: number, rows: number): unknown {
  if (!(error instanceof EngineError)) return error;
  const images = rows === 1 ? `image ${first}` : `images ${first} to ${first + rows - 1}`;
  return new EngineError(error.code, `${images}: ${error.message}`, { hint: error.hint ?? undefined, cause: error });
}
