/** Starts the engine that a user named or `choose.ts` finds, with our own to replace it if its device is wrong or lost. */
import { installedVersion } from '#platform';
import { CodedError } from '../../base/index.js';
import { type BoundGraph, type GraphError, type ImageSize, onnxFileOnly } from '../../graph/index.js';
import { type EngineName, engineOfFiles, loadBackend, REFERENCE } from '../backends/registry.js';
import type { Availability, Backend, CompileOptions } from '../contract/backend.js';
import { EngineError, messageOf } from '../contract/engine-error.js';
import { agrees, type Difference } from '../contract/parts.js';
import type { EmbedderSettings } from '../options/index.js';
import { type Check, Fallback, type Replacement, Session } from '../running/session.js';
import type { ReadyWorkers } from '../workers/worker-pool.js';
import { CalibrationCache, calibrationKey, measureRate } from './calibration.js';
import { type Candidate, type Choice, type ChoiceIO, chooseEngine } from './choose.js';
import { describeDifference, nameOn, trying } from './trial.js';

export interface RunnerRequest extends Omit<EmbedderSettings, 'tap' | 'scores'> {
  cores: number;
  model: BoundGraph;
  compile: Pick<CompileOptions, 'taps' | 'scores' | 'mean' | 'std'>;
  weightsSha256: string;
  /** The image size to measure with. It is part of the calibration's key. */
  image: ImageSize;
  ready?: ReadyWorkers | null | undefined;
}

/** Access to engines and to remembered calibrations. Tests pass others. */
export interface Surroundings {
  load(engine: EngineName): Promise<Backend>;
  installed(name: string): boolean;
  cache: Pick<CalibrationCache, 'get' | 'set'>;
}

function ourSurroundings(): Surroundings {
  return { load: loadBackend, installed: (name) => installedVersion(name) !== null, cache: new CalibrationCache() };
}

/**
 * @throws EngineError `BACKEND_UNKNOWN`, `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING`, `BACKEND_FAILED`,
 *   `PRECISION_UNSUPPORTED`, `NO_BACKEND`
 */
export async function openRunner(request: RunnerRequest, around: Surroundings = ourSurroundings()): Promise<Fallback> {
  const engine = namedEngine(request);
  if (engine === null) return openChosen(request, around);
  const session = await openNamed(request, engine, around);
  const check = checkOf(session, request, around, (difference, text) => {
    if (!agrees(difference)) request.notice(text);
  });
  return new Fallback(session, null, check);
}

/**
 * The check of a GPU's first images. A file that runs as it is has nothing to be compared with.
 * @param judge gets the difference for a person, too; what it throws replaces the engine
 */
function checkOf(
  { backend, availability }: Session,
  request: RunnerRequest,
  around: Surroundings,
  judge: (difference: Difference, text: string) => void,
): Check | undefined {
  const { kind, device } = availability;
  if (kind === 'cpu' || request.model.file !== undefined) return undefined;
  const onOneThread = { ...request, threads: Math.min(1, request.threads ?? 1), latency: false };
  return trying({
    reference: () => openReference(onOneThread, around),
    judge: (difference) => judge(difference, describeDifference(backend.name, device, difference)),
    untried: (why) => request.notice(`${nameOn(backend.name, device)} is not compared with ${REFERENCE}: ${why}`),
  });
}

function openReference(request: RunnerRequest, around: Surroundings): Promise<Session> {
  return openNamed({ ...request, device: null }, REFERENCE, around);
}

/** Null for a choice. One engine runs ONNX files as they are, so for these there is nothing to choose. */
function namedEngine({ backend, model }: RunnerRequest): EngineName | null {
  if (model.file === undefined) return backend === 'auto' ? null : backend;
  const { name } = engineOfFiles();
  if (backend !== 'auto' && backend !== name) throw notForFiles(backend);
  return name;
}

async function openNamed(request: RunnerRequest, name: EngineName, around: Surroundings): Promise<Session> {
  const backend = await around.load(name);
  const { device, precision } = request;
  if (!backend.precisions.includes(precision)) {
    const message = `backend ${name}: computes in ${backend.precisions.join(' or ')}, not in ${precision}`;
    throw new EngineError('PRECISION_UNSUPPORTED', message);
  }
  const threads = threadsOfEngine(request.threads);
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
  const workers = threads ?? cores;
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

/** `auto`. The sessions that were measured are kept, so that the winner need not start twice. */
async function openChosen(request: RunnerRequest, around: Surroundings): Promise<Fallback> {
  const { notice, recalibrate, image, compile } = request;
  const sessions = new Map<EngineName, Session>();
  const open = async ({ engine, availability }: Candidate): Promise<Session> => {
    const session = sessions.get(engine) ?? openSession(request, await around.load(engine), availability);
    sessions.set(engine, session);
    return session;
  };
  const key = (first: Candidate) => calibrationKey(first, { ...request, taps: compile.taps });
  const remember: ChoiceIO['remember'] = (first, comparison) => around.cache.set(key(first), comparison);
  const choice = await chooseEngine(request, {
    ...asking(request, around),
    async measure(candidate) {
      try {
        return await measureRate(await open(candidate), image, compile.mean.length);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        notice(`${candidate.engine} is not taken: ${error.message}`);
        return 0;
      }
    },
    recall: (first) => (recalibrate ? null : around.cache.get(key(first))),
    remember,
  });
  notice(describe(choice, request));
  const session = await open(choice);
  sessions.delete(choice.engine);
  // Does not wait: an engine that hangs must not delay the chosen one.
  for (const other of sessions.values()) other.dispose().catch(() => {});
  // An engine on worker threads has no device to lose, and a replacement would keep the model in memory twice.
  if (session.backend.parallelism === 'workers') return new Fallback(session, null);
  const { kept } = choice;
  const check = checkOf(session, request, around, (difference, text) => {
    if (kept !== null) remember(kept.first, { ...kept.comparison, difference });
    if (!agrees(difference)) throw new EngineError('DEVICE_WRONG', `${text}: not used`);
  });
  const known = kept?.comparison.difference ?? null;
  return new Fallback(session, replacement(request, around), known === null ? check : async () => known);
}

/** Our own kernels. A function of its own, since it keeps the model as long as the engine runs. */
function replacement(request: RunnerRequest, around: Surroundings): Replacement {
  return async ({ backend, availability: { device } }, error) => {
    const session = await openReference(request, around).catch(() => {
      throw error;
    });
    const lost = `${nameOn(backend.name, device)} is lost (${error.message})`;
    const why = error.code === 'DEVICE_WRONG' ? error.message : lost;
    request.notice(describe({ engine: REFERENCE, availability: session.availability, why }, request));
    return session;
  };
}

function asking(request: RunnerRequest, { installed, load }: Surroundings): Pick<ChoiceIO, 'installed' | 'probe'> {
  const { device, threads, precision } = request;
  const options = { device: device ?? undefined, threads: threadsOfEngine(threads), precision };
  return {
    installed,
    /** An engine whose check throws is not taken. */
    async probe(engine) {
      try {
        const backend = await load(engine);
        const availability = await backend.availability({ ...options, onlyHardware: device === null });
        return { availability, precisions: backend.precisions };
      } catch (error) {
        return { availability: { ok: false, reason: messageOf(error), device: null, kind: 'cpu' }, precisions: [] };
      }
    },
  };
}

function describe({ engine, availability, why }: Omit<Choice, 'kept'>, { threads, cores }: RunnerRequest): string {
  const { kind, device } = availability;
  const count = threads ?? cores;
  const on = kind === 'cpu' ? `${count} ${count === 1 ? 'thread' : 'threads'}` : (device ?? 'a GPU');
  return `backend ${engine}, ${on}: ${why}`;
}

/** What an engine says that is asked for an ONNX file that runs as it is. */
export function notForFiles(engine: string): GraphError {
  const { name, howToInstall } = engineOfFiles();
  const needs = howToInstall === null ? '' : ` It needs: ${howToInstall}`;
  return onnxFileOnly(`backend ${engine}`, `Use --backend ${name}.${needs}`);
}
