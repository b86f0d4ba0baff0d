/** Images in, embeddings out: a model from a weights folder, on one engine, on every core. */
import { cores, machine } from '#platform';
import { orderedMap } from '../files/index.js';
import { canShareMemory, type Graph, inferShapes } from '../graph/index.js';
import {
  type Checked,
  checkTensor,
  type ModelConfig,
  readWeights,
  type Weights,
  weightsNote,
} from '../weights/index.js';
import { EarlyStart } from './choice/early-start.js';
import { openRunner } from './choice/open-runner.js';
import type { ImageBatch } from './contract/backend.js';
import { tellLoaded } from './contract/diagnostics.js';
import { EngineError } from './contract/engine-error.js';
import {
  type Chunk,
  checkFinite,
  chunksOf,
  emptyOutputs,
  joinOutputs,
  type NamedOutputs,
  namingImages,
  sigmoids,
} from './contract/parts.js';
import { type PreparedModel, prepareModel, type Tap, usualSize } from './contract/prepared-model.js';
import { checkOptions, type EmbedderOptions, type EmbedderSettings } from './options/index.js';
import type { Fallback } from './running/session.js';

type Running = { runner: Fallback; early: EarlyStart | null };

/** 0 where threads cannot share memory: in a page without the headers of cross-origin isolation. */
function threadsOf({ threads }: Pick<EmbedderSettings, 'threads'>): number {
  return canShareMemory() ? (threads ?? cores()) : 0;
}

/** Batches in progress or waiting beyond one a thread, so that no thread waits for the reader or the writer. */
const AHEAD = 2;

/**
 * The results for one input batch: `rows`, `taps` (name → output of the layer), `scores` (softmax, or sigmoids of a
 * network whose labels may hold together, `[rows, classes]`), and the batch itself with anything else it carries, such as labels or file names.
 *
 * @example
 * ```ts
 * import type { Embedded, ImageBatch } from 'image-drift';
 *
 * interface NamedBatch extends ImageBatch {
 *   names: string[];
 * }
 *
 * function print({ input, scores }: Embedded<NamedBatch>, classes: number): void {
 *   for (const [row, name] of input.names.entries()) {
 *     console.log(name, scores?.subarray(row * classes, (row + 1) * classes));
 *   }
 * }
 * ```
 */
export interface Embedded<T extends ImageBatch> extends NamedOutputs {
  /** The batch itself, with anything else it carries (labels, names). */
  input: T;
}

/**
 * A network ready to run on one engine, on all cores. Close it when you are done: it owns threads.
 *
 * @example
 * ```ts
 * import { Embedder, type ImageBatch, weightsFolder } from 'image-drift';
 *
 * const batches: ImageBatch[] = [{ rows: 1, height: 32, width: 32, data: new Uint8Array(32 * 32 * 3) }];
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), { tap: 'fc.0' });
 * try {
 *   for await (const { taps, scores } of embedder.run(batches)) {
 *     console.log(taps.get('fc.0')?.shape); // [ 1, 128 ]
 *     console.log(scores?.length); // 10
 *   }
 * } finally {
 *   await embedder.close();
 * }
 * ```
 */
export class Embedder implements AsyncDisposable {
  /** What the weights say about the model. */
  readonly config: ModelConfig;
  /** Identifies the model and its preprocessing. */
  readonly weightsSha256: string;
  /** Whether the conversion was compared with the program that the model comes from; null: it was not. */
  readonly checked: Checked | null;
  /** The layers whose outputs are given, the embedding first. */
  readonly taps: readonly Tap[];

  readonly #graph: Graph;
  readonly #tapNodes: PreparedModel['tapNodes'];
  readonly #scores: boolean;
  readonly #settings: EmbedderSettings;
  readonly #runner: Fallback;
  readonly #early: EarlyStart | null;
  #closed = false;

  private constructor(
    weights: Weights,
    prepared: PreparedModel,
    settings: EmbedderSettings,
    { runner, early }: Running,
  ) {
    this.config = weights.config;
    this.weightsSha256 = weights.sha256;
    this.checked = weights.checked ?? null;
    this.taps = prepared.taps;
    this.#graph = prepared.model.graph;
    this.#tapNodes = prepared.tapNodes;
    this.#scores = settings.scores && weights.config.classes.length > 0;
    this.#settings = settings;
    this.#runner = runner;
    this.#early = early;
  }

  /** That the weights were compared with the program they come from, or what was assumed; null: neither. */
  get weightsNote(): string | null {
    return weightsNote(this.config.provenance.assumed, this.checked);
  }

  /** The name of the engine. It changes if a device is lost and another engine takes over. */
  get backend(): string {
    return this.#runner.session.backend.name;
  }

  /** The device that the engine computes on; null if the engine names none. */
  get device(): string | null {
    return this.#runner.session.availability.device;
  }

  /** 0 if everything is computed on the calling thread or on a GPU. */
  get threads(): number {
    const { availability, backend } = this.#runner.session;
    if (backend.parallelism === 'own' && availability.kind !== 'cpu') return 0;
    return threadsOf(this.#settings);
  }

  /** What the results' bits depend on besides the images: they may be mixed only where all of it is the same. */
  get computation(): Readonly<Record<string, string>> {
    const { backend } = this.#runner.session;
    const { precision, threads, batch } = this.#settings;
    const names = this.taps.map(({ name }) => name);
    const { system, processor, runtime } = machine();
    return {
      weights: this.weightsSha256,
      layers: names.join(),
      scores: this.#scores ? 'yes' : 'no',
      engine: [backend.name, this.device, precision].filter((part) => part !== null).join(', '),
      ...(precision !== 'reproducible' && {
        machine: `${system}, ${processor}`,
        node: runtime,
      }),
      ...(!backend.precisions.includes('reproducible') && {
        batch: `${threads ?? cores()} threads, ${batch ?? 'default'} batch`,
      }),
    };
  }

  /** A GPU's largest difference to our own kernels over the largest value. Null on a CPU, and before images. */
  get difference(): number | null {
    return this.#runner.difference?.error ?? null;
  }

  /**
   * Reads a weights folder and prepares its network.
   * @param dir a folder that `convertCheckpoint` wrote, or that `weightsFolder` found
   * @throws WeightsError, FileError if the folder cannot be used; EngineError as `create`
   */
  static async load(dir: string, options: EmbedderOptions = {}): Promise<Embedder> {
    const settings = checkOptions(options);
    const early = new EarlyStart(settings, cores());
    try {
      const start = performance.now();
      const weights = await readWeights(dir, (bytes) => early.expectWeights(bytes));
      tellLoaded('weights', start);
      return await Embedder.#open(weights, settings, early);
    } catch (error) {
      await early.dispose();
      throw error;
    }
  }

  /**
   * Prepares a network whose weights are in memory (`readWeights` of `image-drift/weights`). Threads and engine start
   * with the first batch, unless `auto` compares two engines first: that takes a second, and is remembered in the
   * user's cache folder.
   * @throws EngineError `UNKNOWN_BACKBONE`, `TENSORS_DO_NOT_FIT`, `UNKNOWN_TAP`, `BAD_OPTION`, and for the engine
   *   `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING`, `PRECISION_UNSUPPORTED`, `BACKEND_FAILED`,
   *   `NO_BACKEND`
   * @throws WeightsError `WEIGHTS_NOT_FINITE` for a NaN or an infinity, with the tensor's name and the place;
   *   `WEIGHTS_VARIANCE` for a batch norm's variance that has no root
   */
  static async create(weights: Weights, options: EmbedderOptions = {}): Promise<Embedder> {
    for (const [name, tensor] of weights.tensors) checkTensor(name, tensor);
    return Embedder.#open(weights, checkOptions(options), null);
  }

  static async #open(weights: Weights, settings: EmbedderSettings, early: EarlyStart | null): Promise<Embedder> {
    const start = performance.now();
    const prepared = prepareModel(weights, settings);
    const { mean, std } = weights.config.preprocessing;
    const scores = settings.scores && weights.config.classes.length > 0;
    const { multiLabel } = weights.config;
    // No engine has sigmoids as scores: it gives what they are of, as a layer.
    const logits = scores && multiLabel !== undefined ? [prepared.model.graph.output] : [];
    const runner = await openRunner({
      ...settings,
      threads: canShareMemory() ? settings.threads : 0,
      cores: cores(),
      model: prepared.model,
      compile: {
        taps: [...new Set([...prepared.tapNodes.values(), ...logits])],
        scores: scores && multiLabel === undefined,
        mean,
        std,
      },
      weightsSha256: weights.sha256,
      image: usualSize(weights.config),
      ready: early?.workers,
    });
    await early?.keepFor(runner.session.backend.name);
    tellLoaded('graph', start);
    return new Embedder(weights, prepared, settings, { runner, early });
  }

  /** Images computed at once, for images of this size. @throws EngineError `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE` */
  batchSize(height: number, width: number): number {
    return this.#runner.session.batchSize({ height, width });
  }

  /**
   * Starts the engine and arranges weights for batches of this size while their images are still being read. Does not
   * throw: the first batch meets the same errors.
   */
  async warmUp(rows: number, height: number, width: number): Promise<void> {
    if (!this.#closed) await this.#runner.session.warmUp({ rows, height, width });
  }

  /**
   * One result for each input batch, in order. Batches may have any number of images, and differ in size if the model
   * takes any. Large ones are computed in parts, of which a few are read ahead. A consumer that stops early ends the
   * source. If anything fails, the results before come first, then the error, and no work is left running. `close` ends
   * a run at once.
   * @param firstImage number that errors give the first image; default 0
   * @throws EngineError `BAD_BATCH`, `IMAGE_SIZE`, `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE`, `OUTPUT_NOT_FINITE`,
   *   `OUT_OF_MEMORY` with the number that would fit, `WORKER_DIED`, `DEVICE_LOST`, `EMBEDDER_CLOSED`; all name the
   *   images
   */
  async *run<T extends ImageBatch>(
    batches: Iterable<T> | AsyncIterable<T>,
    firstImage = 0,
  ): AsyncGenerator<Embedded<T>, void, undefined> {
    const window = () => {
      const { parallel } = this.#runner.session;
      return parallel + Math.max(AHEAD, parallel);
    };
    let parts: NamedOutputs[] = [];
    const batchSize = (height: number, width: number) => this.batchSize(height, width);
    const chunks = chunksOf(batches, this.config, firstImage, batchSize);
    const results = orderedMap(chunks, window, async (chunk) => ({ chunk, outputs: await this.#compute(chunk) }));
    for await (const { chunk, outputs } of results) {
      parts.push(outputs);
      if (!chunk.isLast) continue;
      yield { input: chunk.input, rows: chunk.input.rows, ...joinOutputs(parts) };
      parts = [];
    }
  }

  /** Ends the threads and frees their memory. Runs under way fail with `EMBEDDER_CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#runner.dispose();
    await this.#early?.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #compute({ images, first }: Chunk<ImageBatch>): Promise<NamedOutputs> {
    if (images.rows === 0) {
      return emptyOutputs(inferShapes(this.#graph, images), this.#tapNodes, this.#scores);
    }
    try {
      if (this.#closed) throw new EngineError('EMBEDDER_CLOSED', 'this embedder has been closed');
      const { taps, scores } = await this.#runner.run(images);
      const named = new Map([...this.#tapNodes].map(([name, node]) => [name, taps.get(node)!] as const));
      const outputs = { rows: images.rows, taps: named, scores: this.#labelScores(taps) ?? scores };
      checkFinite(outputs, first);
      return outputs;
    } catch (error) {
      throw namingImages(error, first, images.rows);
    }
  }

  /** Null where one class holds, or no scores are wanted. */
  #labelScores(taps: NamedOutputs['taps']): Float32Array | null {
    if (!this.#scores || this.config.multiLabel === undefined) return null;
    const { data } = taps.get(this.#graph.output)!;
    return this.config.onnxFile?.scores === 'probabilities' ? data : sigmoids(data);
  }
}
