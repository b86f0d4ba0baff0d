/**
 * Starts the engine that a user asked for. For `auto`, this is the engine that `choose.ts` finds, with another engine
 * as a replacement if its device is lost.
 */
import { CodedError } from '../../errors/index.js';
import { type BoundGraph, canShareMemory, type ImageSize } from '../../graph/index.js';
import {
  type BackendName,
  type EngineName,
  engineOfFiles,
  engines,
  loadBackend,
  substituteOf,
} from '../backends/registry.js';
import type { Availability, Backend, CompileOptions, Precision } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import { installedVersion } from '../packages/installed.js';
import { Fallback } from '../running/fallback.js';
import { Session } from '../running/session.js';
import type { ReadyWorkers } from '../workers/start-worker.js';
import { CalibrationCache } from './calibration-cache.js';
import { calibrationKey } from './calibration-key.js';
import { type Candidate, type Choice, type ChoiceIO, type Comparison, chooseEngine } from './choose.js';
import { measureRate } from './measure-rate.js';
import { notForFiles } from './not-for-files.js';

export interface RunnerRequest {
  backend: BackendName;
  device: string | null;
  precision: Precision;
  /** Null for one thread a core. */
  threads: number | null;
  /** The number of cores. */
  cores: number;
  batch: number | null;
  /** All threads compute one batch at a time. */
  latency: boolean;
  /** Measures again, even if there is an earlier measurement. */
  recalibrate: boolean;
  model: BoundGraph;
  compile: Pick<CompileOptions, 'taps' | 'scores' | 'mean' | 'std'>;
  weightsSha256: string;
  /** The image size to measure with. It is part of the calibration's key. */
  image: ImageSize;
  /** Threads that have started already. */
  ready?: ReadyWorkers | null | undefined;
  notice(text: string): void;
}

/** Access to engines and to remembered calibrations. Tests pass others. */
export interface Surroundings {
  load(engine: EngineName): Promise<Backend>;
  installed(name: string): boolean;
  cache: Pick<CalibrationCache, 'get' | 'set'>;
}

function ourSurroundings(): Surroundings {
  return {
    load: loadBackend,
    installed: (name) => installedVersion(name) !== null,
    cache: new CalibrationCache(),
  };
}

/** The most images in a calibration's batch: larger batches make hardly any engine faster. */
const CALIBRATION_ROWS = 64;

/**
 * @throws EngineError `BACKEND_UNKNOWN`, `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING`, `BACKEND_FAILED`,
 *   `PRECISION_UNSUPPORTED`, `NO_BACKEND`
 */
export async function openRunner(request: RunnerRequest, around: Surroundings = ourSurroundings()): Promise<Fallback> {
  if (request.model.file !== undefined) return openForFile(request, around);
  if (request.backend === 'auto') return new AutoRunner(request, around).open();
  const substitute = substituteOf(request.backend);
  try {
    const session = await openNamed(request, await around.load(request.backend));
    return new Fallback(session, substitute && replaceBy(substitute, request, around));
  } catch (error) {
    if (substitute === null || !(error instanceof CodedError) || error.code !== 'BACKEND_FAILED') throw error;
    request.notice(`${error.message}; going on with ${substitute}`);
    return new Fallback(await openNamed(request, await around.load(substitute)), null);
  }
}

/** One engine runs ONNX files as they are, so there is nothing to choose, and nothing that could take over. */
async function openForFile(request: RunnerRequest, around: Surroundings): Promise<Fallback> {
  const engine = engineOfFiles().name;
  if (request.backend !== 'auto' && request.backend !== engine) throw notForFiles(request.backend);
  return new Fallback(await openNamed(request, await around.load(engine)), null);
}

async function openNamed(request: RunnerRequest, backend: Backend): Promise<Session> {
  const { name } = backend;
  if (!backend.precisions.includes(request.precision)) {
    throw new EngineError(
      'PRECISION_UNSUPPORTED',
      `backend ${name}: computes in ${backend.precisions.join(' or ')}, not in ${request.precision}`,
    );
  }
  const threads = threadsOfEngine(request.threads);
  const { device, precision } = request;
  const availability = await backend.availability({ device: device ?? undefined, threads, precision });
  if (!availability.ok) throw unavailable(name, availability);
  return openSession(request, backend, availability);
}

function unavailable(name: string, { version, kind, reason, howToGet }: Availability): EngineError {
  const missing = kind === 'cpu' ? 'BACKEND_FAILED' : 'ADAPTER_MISSING';
  return new EngineError((version ?? null) === null ? 'BACKEND_NOT_INSTALLED' : missing, `backend ${name}: ${reason}`, {
    hint: howToGet ? `To get it: ${howToGet}` : 'image-drift doctor says which are there.',
  });
}

function openSession(request: RunnerRequest, backend: Backend, availability: Availability): Session {
  const { precision, device, threads, cores, batch, latency, notice } = request;
  const ready = request.ready?.backend === backend.name ? request.ready : null;
  if (availability.warning) notice(`${backend.name}: ${availability.warning}`);
  const workers = threads ?? cores;
  if (backend.parallelism === 'workers' && workers > 1 && !canShareMemory()) {
    notice(`${backend.name}: no SharedArrayBuffer here, so each of ${workers} threads has its own copy of the weights`);
  }
  if (latency && backend.share === undefined) {
    notice(`${backend.name}: its threads cannot compute one batch together; one batch a thread`);
  }
  const compile = { ...request.compile, precision, device: device ?? undefined, threads: threadsOfEngine(threads) };
  const together = latency && backend.share !== undefined && workers > 0;
  const options = { backend, availability, compile, threads: workers, latency: together, ready, batch, notice };
  return new Session(request.model, options);
}

/** For engines with threads of their own. Undefined lets the engine choose. */
function threadsOfEngine(threads: number | null): number | undefined {
  return threads === null || threads === 0 ? undefined : threads;
}

/** `auto`: keeps the sessions that a calibration started, so that the winner need not start twice. */
class AutoRunner {
  readonly #request: RunnerRequest;
  readonly #around: Surroundings;
  readonly #sessions = new Map<EngineName, Session>();

  constructor(request: RunnerRequest, around: Surroundings) {
    this.#request = request;
    this.#around = around;
  }

  async open(): Promise<Fallback> {
    const { device, precision, notice, model } = this.#request;
    const slow = new Set(engines.filter((engine) => engine.isSlowFor?.(model.graph)).map(({ name }) => name));
    const choice = await chooseEngine({ device, precision, slow }, this.#io());
    notice(describe(choice, this.#request));
    const session = await this.#session(choice);
    this.#sessions.delete(choice.engine);
    this.#closeOthers();
    return new Fallback(session, this.#next(session));
  }

  /**
   * The replacement for a lost engine. A `workers` engine has no device to lose, and a replacement would keep the model
   * in memory twice.
   */
  #next({ backend }: Session) {
    const substitute = substituteOf(backend.name);
    if (substitute !== null) return replaceBy(substitute, this.#request, this.#around);
    return backend.parallelism === 'workers' ? null : fallback(this.#request, this.#around);
  }

  #io(): ChoiceIO {
    const { recalibrate } = this.#request;
    const { installed, load, cache } = this.#around;
    const key = (first: Candidate) => calibrationKey(first, this.#calibrated());
    return {
      installed,
      probe: (engine) => probe(load, engine, this.#request),
      recall: (first) => (recalibrate ? null : cache.get(key(first))),
      calibrate: (first, second) => this.#calibrate(first, second),
      remember: (first, comparison) => cache.set(key(first), comparison),
    };
  }

  #calibrated() {
    const { weightsSha256, image, compile, precision, device, threads } = this.#request;
    return { weightsSha256, image, taps: compile.taps, precision, device, threads };
  }

  async #calibrate(first: Candidate, second: Candidate): Promise<Comparison> {
    const rates = new Map<EngineName, number>();
    for (const candidate of [first, second]) rates.set(candidate.engine, await this.#rate(candidate));
    const winner = rates.get(second.engine)! > rates.get(first.engine)! ? second : first;
    return { winner: winner.engine, rates };
  }

  async #rate(candidate: Candidate): Promise<number> {
    const { compile, image, notice } = this.#request;
    try {
      const session = await this.#session(candidate);
      const mostRows = Math.min(CALIBRATION_ROWS, session.batchSize(image));
      return await measureRate(session, image, { channels: compile.mean.length, mostRows, atOnce: session.parallel });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      notice(`${candidate.engine} is not taken: ${error.message}`);
      return 0;
    }
  }

  async #session({ engine, availability }: Candidate): Promise<Session> {
    const open =
      this.#sessions.get(engine) ?? openSession(this.#request, await this.#around.load(engine), availability);
    this.#sessions.set(engine, open);
    return open;
  }

  /** Does not wait: an engine that hangs must not delay the chosen one. */
  #closeOthers(): void {
    for (const session of this.#sessions.values()) session.dispose().catch(() => {});
    this.#sessions.clear();
  }
}

/** A function of its own, because it keeps the request, and with it the model, as long as the engine runs. */
function fallback(
  request: RunnerRequest,
  around: Surroundings,
): (lost: Session, error: CodedError) => Promise<Session> {
  return async (lost, error) => {
    const { precision, device, notice } = request;
    const io: ChoiceIO = {
      installed: around.installed,
      probe: (engine) => probe(around.load, engine, { ...request, device: null }),
      recall: () => null,
      calibrate: () => Promise.reject(new Error('Nothing is measured in haste.')),
      remember() {},
    };
    const without = new Set([lost.backend.name as EngineName]);
    const choice = await chooseEngine({ device: null, precision, without, inHaste: true }, io).catch(() => null);
    if (choice === null) throw error;
    const lostDevice = device === null ? '' : ` on ${device}`;
    notice(`${lost.backend.name}${lostDevice} is lost (${error.message}); going on with ${choice.engine}`);
    return openSession({ ...request, device: null }, await around.load(choice.engine), choice.availability);
  };
}

/** Replaces an engine that lacks an operation or cannot start. Both show with the first batch. */
function replaceBy(
  substitute: EngineName,
  request: RunnerRequest,
  around: Surroundings,
): (lost: Session, error: CodedError) => Promise<Session> {
  return async (lost, error) => {
    request.notice(`${lost.backend.name} cannot be used (${error.message}); going on with ${substitute}`);
    return openNamed({ ...request, latency: false, ready: null }, await around.load(substitute));
  };
}

/** An engine whose check throws is not taken. */
async function probe(
  load: Surroundings['load'],
  engine: EngineName,
  { device, threads, precision }: Pick<RunnerRequest, 'device' | 'threads' | 'precision'>,
) {
  try {
    const backend = await load(engine);
    const availability = await backend.availability({
      device: device ?? undefined,
      threads: threadsOfEngine(threads),
      precision,
      onlyHardware: device === null,
    });
    return { availability, precisions: backend.precisions };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const availability: Availability = { ok: false, reason, device: null, kind: 'cpu' };
    return { availability, precisions: [] };
  }
}

function describe({ engine, availability, why }: Choice, { threads, cores }: RunnerRequest): string {
  const { kind, device } = availability;
  const count = threads ?? cores;
  const on = kind === 'cpu' ? `${count} ${count === 1 ? 'thread' : 'threads'}` : (device ?? 'a GPU');
  return `backend ${engine}, ${on}: ${why}`;
}
