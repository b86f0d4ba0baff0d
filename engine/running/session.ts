/** A model on an engine: starts it, keeps batches within memory, fills up partial ones so it need not compile again. */
import { CodedError } from '../../base/index.js';
import type { BoundGraph, Graph, ImageSize } from '../../graph/index.js';
import type {
  Availability,
  Backend,
  BatchSize,
  CompileOptions,
  ImageBatch,
  Program,
  ProgramOutputs,
} from '../contract/backend.js';
import { tellComputed } from '../contract/diagnostics.js';
import { codeMemoryError, EngineError, isOutOfMemory } from '../contract/engine-error.js';
import { type Difference, outputsOf, padRows, rowsOf, runInParts } from '../contract/parts.js';
import type { ReadyWorkers } from '../workers/worker-pool.js';
import { type BatchLimits, batchLimits, checkBatchFits, defaultBatchSize, mostImages } from './batch-size.js';
import { startProgram } from './start-program.js';

export interface SessionOptions {
  backend: Backend;
  availability: Availability;
  compile: CompileOptions;
  /** Worker threads; 0 computes on the calling thread. Not used by engines with threads of their own. */
  threads: number;
  /** All threads compute one batch at a time, for engines whose threads share memory; default false. */
  latency?: boolean;
  /** Threads that have started already. They are used first. */
  ready?: ReadyWorkers | null;
  /** Images at once; null lets the engine choose. */
  batch: number | null;
  /** Receives a message for a person about something that the results do not show. */
  notice(text: string): void;
}

export class Session implements Program {
  readonly backend: Backend;
  readonly availability: Availability;
  /** Batches under way at the same time: one a worker thread. */
  readonly parallel: number;

  readonly #graph: Graph;
  readonly #options: SessionOptions;
  readonly #limits: BatchLimits;
  readonly #start: () => Promise<Program>;
  /** By image size: the rows of a batch after it was halved because it did not fit. */
  readonly #halved = new Map<string, number>();
  /** By image size: rows of the largest batch so far, for engines that compile for each. */
  readonly #compiled = new Map<string, number>();
  #program: Promise<Program> | null = null;

  constructor(model: BoundGraph, options: SessionOptions) {
    const { backend, availability, threads } = options;
    const latency = options.latency ?? false;
    const workers = workerThreads(backend, availability.kind, threads);
    const compile = { ...options.compile, threads: threadsEach(options.compile, threads, workers) };
    this.backend = backend;
    this.availability = availability;
    this.parallel = latency ? 1 : Math.max(1, workers);
    this.#graph = model.graph;
    this.#options = options;
    this.#limits = batchLimits(backend, availability.kind, this.parallel);
    this.#start = startProgram(backend, model, compile, { threads: workers, ready: options.ready ?? null, latency });
  }

  /** @throws EngineError `IMAGE_TOO_SMALL`, `BATCH_TOO_LARGE` */
  batchSize(image: ImageSize): number {
    const size = this.#options.batch ?? defaultBatchSize(this.#graph, image, this.#limits);
    checkBatchFits(this.#graph, image, size, this.#limits);
    return Math.min(size, this.#halved.get(sizeKey(image)) ?? size);
  }

  /** Computes too large batches in parts. @throws EngineError `OUT_OF_MEMORY` with how many images would fit */
  async run(images: ImageBatch): Promise<ProgramOutputs> {
    const halved = this.#halved.get(sizeKey(images)) ?? Number.POSITIVE_INFINITY;
    const most = Math.max(1, Math.min(halved, mostImages(this.#graph, images, this.#limits)));
    return runInParts(images, most, (part) => this.#runHalvingOnce(part));
  }

  /** Starts the engine and prepares it for full batches of this size. Does not throw: the first batch does. */
  async warmUp({ rows, height, width }: BatchSize): Promise<void> {
    try {
      const most = Math.min(rows, this.batchSize({ height, width }));
      this.#program ??= this.#start();
      const program = await this.#program;
      program.warmUp?.({ rows: most, height, width });
    } catch {}
  }

  async dispose(): Promise<void> {
    const program = this.#program;
    this.#program = null;
    if (program !== null) await (await program.catch(() => null))?.dispose();
  }

  async #runHalvingOnce(images: ImageBatch): Promise<ProgramOutputs> {
    try {
      return await this.#runOnce(images);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      const key = sizeKey(images);
      const half = Math.ceil(images.rows / 2);
      const isHalved = images.rows === 1 || images.rows <= (this.#halved.get(key) ?? 0);
      if (isHalved) throw await this.#tooLarge(images, [], error);
      this.#compiled.delete(key);
      try {
        const outputs = await runInParts(images, half, (part) => this.#runOnce(part));
        const message = `${images.rows} images at once are too many for ${this.backend.name}: ${half} from now on`;
        if (!this.#halved.has(key)) this.#options.notice(message);
        this.#halved.set(key, Math.min(half, this.#halved.get(key) ?? half));
        return outputs;
      } catch (again) {
        throw isOutOfMemory(again) ? await this.#tooLarge(images, [half], again) : again;
      }
    }
  }

  /** Finds by trying how many images fit. */
  async #tooLarge(images: ImageBatch, tried: readonly number[], cause: unknown): Promise<EngineError> {
    this.#compiled.delete(sizeKey(images));
    const { height, width } = images;
    const counts = [images.rows, ...tried];
    const what = `${counts.join(' and then ')} ${counts.at(-1) === 1 ? 'image' : 'images'} of ${height}×${width} at once`;
    const fits = await this.#largestThatRuns(images, (counts.at(-1) ?? 1) >> 1);
    const message = `${this.backend.name} has too little memory for ${what}; ${fits === 0 ? 'not even one fits' : `${fits} would fit`}`;
    const hint = fits === 0 ? 'Resize the images, or take another backend.' : `Take --batch ${fits}.`;
    return new EngineError('OUT_OF_MEMORY', message, { hint, cause });
  }

  async #largestThatRuns(images: ImageBatch, from: number): Promise<number> {
    for (let rows = from; rows >= 1; rows >>= 1) {
      try {
        await this.#runOnce(rowsOf(images, 0, rows));
        return rows;
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        this.#compiled.delete(sizeKey(images));
      }
    }
    return 0;
  }

  async #runOnce(images: ImageBatch): Promise<ProgramOutputs> {
    try {
      this.#program ??= this.#start();
      const program = await this.#program;
      if (!this.backend.compilesPerBatchSize) return await this.#timed(program, images);
      const key = sizeKey(images);
      const rows = Math.max(images.rows, this.#compiled.get(key) ?? 0);
      this.#compiled.set(key, rows);
      const outputs = await this.#timed(program, padRows(images, rows));
      return rows === images.rows ? outputs : outputsOf(outputs, rows, 0, images.rows);
    } catch (error) {
      throw codeMemoryError(error);
    }
  }

  /** Worker threads report their own times. */
  async #timed(program: Program, images: ImageBatch): Promise<ProgramOutputs> {
    if (program.tellsTimes) return program.run(images);
    const start = performance.now();
    const outputs = await program.run(images);
    tellComputed({ thread: 0, start, end: performance.now(), images: images.rows });
    return outputs;
  }
}

/** Codes for an engine that cannot run, or cannot go on, with any batch. */
const LOST = /^(DEVICE_(LOST|WRONG)|BACKEND_FAILED|ADAPTER_MISSING|BACKEND_NOT_INSTALLED|UNKNOWN_OPERATION)$/;

/** Gives the session that takes over. What it throws is thrown for the batch. */
export type Replacement = (lost: Session, error: CodedError) => Promise<Session>;

/** Looks at the first images and their outputs. @throws EngineError `DEVICE_WRONG`: the engine must not be used */
export type Check = (images: ImageBatch, outputs: ProgramOutputs) => Promise<Difference | null>;

/**
 * A session that is replaced once when its engine is lost, or wrong on the first images: failed batches are computed
 * again, only speed changes.
 */
export class Fallback {
  readonly #first: Session;
  readonly #check: Check;
  #session: Session;
  #next: Replacement | null;
  #checking: Promise<Difference | null> | null = null;
  #replacing: Promise<Session> | null = null;
  /** What the check found of the session; null before it, and without one. */
  difference: Difference | null = null;

  /** @param next null if there is no other engine */
  constructor(session: Session, next: Replacement | null, check: Check = async () => null) {
    this.#first = session;
    this.#session = session;
    this.#next = next;
    this.#check = check;
  }

  get session(): Session {
    return this.#session;
  }

  /** The first batch that fails replaces the session; the others wait for it. */
  async run(images: ImageBatch): Promise<ProgramOutputs> {
    const session = this.#session;
    try {
      const outputs = await session.run(images);
      if (session === this.#first) await this.#checkOnce(images, outputs);
      return outputs;
    } catch (error) {
      if (session !== this.#first || !(error instanceof CodedError) || !LOST.test(error.code)) throw error;
      this.#replacing ??= this.#next && this.#replace(session, error, this.#next);
      if (this.#replacing === null) throw error;
      return (await this.#replacing).run(images);
    }
  }

  async dispose(): Promise<void> {
    this.#next = null;
    await this.#replacing?.catch(() => {});
    await this.#session.dispose();
  }

  /** All batches wait for the first, so that nothing of a wrong engine comes out. */
  async #checkOnce(images: ImageBatch, outputs: ProgramOutputs): Promise<void> {
    this.#checking ??= this.#check(images, outputs);
    this.difference = await this.#checking;
  }

  async #replace(lost: Session, error: CodedError, next: Replacement): Promise<Session> {
    this.#session = await next(lost, error);
    this.difference = null;
    // Its memory may be lost with the device, so an error here does not matter.
    await lost.dispose().catch(() => {});
    return this.#session;
  }
}

/** The number of worker threads, besides the calling thread. */
function workerThreads(backend: Backend, kind: Availability['kind'], threads: number): number {
  if (backend.parallelism === 'workers') return threads;
  if (threads === 0) return 0;
  return Math.min(backend.mostWorkers ?? 0, kind === 'cpu' ? threads : 1);
}

/** The engine's own threads are shared out among the workers. */
function threadsEach({ threads }: CompileOptions, cores: number, workers: number): number | undefined {
  return workers > 1 ? Math.max(1, Math.floor(cores / workers)) : threads;
}

function sizeKey({ height, width }: ImageSize): string {
  return `${height}×${width}`;
}
