/**
 * Which engines work here. Each engine is started and tested in a process of its own, because a broken driver or
 * package may crash or hang the process that loads it. Its outputs are compared with those of the reference engine.
 */

import { fork } from 'node:child_process';
import { checkOptionNames, type OptionNames } from '../../errors/index.js';
import { ENGINE_NAMES, ENGINE_PACKAGES, type EngineName, engineByName, referenceEngine } from '../backends/registry.js';
import { type Probe, probeOrder, refusal } from '../choice/probe-order.js';
import type { Availability } from '../contract/backend.js';
import { installedVersion } from '../packages/installed.js';
import { relativeError } from '../running/precision-error.js';
import type { EngineAnswer, SelfTest } from './self-test.js';

const PROCESS_SCRIPT = new URL('./self-test-process.js', import.meta.url);
/** Software GPUs compile shaders for ten seconds; a broken driver may hang for ever. */
const MAX_MS = 90_000;
/** Relative to the largest value. float32 engines differ by some 1e-6; a wrong engine differs by far more. */
const MAX_ERROR = 1e-4;
/** The most characters of a crashed process's output that are shown. */
const MAX_TOLD = 200;

export interface EngineReport {
  engine: EngineName;
  availability: Availability;
  /** Largest difference to the reference engine over the largest value; null if not tested. */
  error: number | null;
  /** The speed of a small network at 32×32, on all cores; null if not tested. */
  imagesPerSecond: number | null;
  /** Whether it is available and gives the right numbers. */
  works: boolean;
  /** The reason why an available engine does not work; null otherwise. */
  failure: string | null;
}

/**
 * What `examineEngines` found.
 *
 * @example
 * ```ts no_run
 * import { type Examination, examineEngines } from 'image-drift';
 *
 * const { engines, auto }: Examination = await examineEngines();
 * for (const { engine, works, failure } of engines) console.log(engine, works ? 'works' : failure);
 * console.log(`auto takes ${auto[0] ?? 'none'}`);
 * ```
 */
export interface Examination {
  /** Every engine, in the order of `ENGINE_NAMES`. */
  engines: readonly EngineReport[];
  /** The engine that the others are compared with. */
  reference: EngineName;
  /**
   * The engines that `auto` may take, in its order; empty if there is none. A measured rate may put the second before
   * the first.
   */
  auto: readonly EngineName[];
  /** Versions of the optional packages; null if not installed. */
  packages: ReadonlyMap<string, string | null>;
}

export interface ExamineOptions {
  device?: string | undefined;
  /** Called before each engine is tested. */
  onProgress?: ((engine: EngineName) => void) | undefined;
  /** The script that every process runs, for tests. */
  script?: URL | undefined;
  /** Milliseconds an engine may take, for tests. */
  timeout?: number | undefined;
}

const NAMES: OptionNames<ExamineOptions> = {
  device: true,
  onProgress: true,
  script: true,
  timeout: true,
};

/**
 * Tests which engines work on this machine. Each one runs a small network in a process of its own, and its numbers are
 * compared with those of `cpu`. The engines run one after another, so this takes some seconds.
 *
 * @param options the adapter to ask for, and a function that is told before each engine
 * @returns every engine with its speed in images per second and, if it does not work, the reason. Nothing is thrown.
 *
 * @example
 * ```ts no_run
 * import { examineEngines } from 'image-drift';
 *
 * const { engines } = await examineEngines({ onProgress: (engine) => console.error(`testing ${engine}`) });
 * console.table(engines.map(({ engine, works, imagesPerSecond }) => ({ engine, works, imagesPerSecond })));
 * ```
 */
export async function examineEngines(options: ExamineOptions = {}): Promise<Examination> {
  checkOptionNames('examineEngines', options, NAMES);
  const answers = new Map<EngineName, EngineAnswer>();
  for (const engine of ENGINE_NAMES) {
    options.onProgress?.(engine);
    answers.set(engine, await ask(engine, options));
  }
  const packages = new Map(ENGINE_PACKAGES.map((name) => [name, installedVersion(name)] as const));
  const reference = referenceEngine().name;
  const expected = answers.get(reference)?.selfTest ?? null;
  const engines = [...answers].map(([engine, answer]) => report(engine, answer, expected, packages));
  return { engines, reference, auto: autoOrder(engines, packages, options.device ?? null), packages };
}

/** The engines that work and that `auto` may take, in its order. */
function autoOrder(
  engines: readonly EngineReport[],
  packages: Examination['packages'],
  device: string | null,
): EngineName[] {
  const probes = probeOrder({ device, installed: (name) => packages.get(name) !== null });
  const isTaken = (probe: Probe): boolean => {
    const found = engines.find(({ engine }) => engine === probe.engine);
    return (found?.works ?? false) && refusal(probe, found!.availability, device !== null) === null;
  };
  const taken = probes.filter(
    (probe) => isTaken(probe) && !probes.some((one) => stoodInFor(probe, one) && isTaken(one)),
  );
  return [...new Set(taken.map(({ engine }) => engine))];
}

function stoodInFor({ insteadOf }: Probe, { engine }: Probe): boolean {
  return insteadOf === engine;
}

function report(
  engine: EngineName,
  { availability, selfTest, failure }: EngineAnswer,
  reference: SelfTest | null,
  packages: Examination['packages'],
): EngineReport {
  const told = { engine, availability: withPackages(engine, availability, packages) };
  if (selfTest === null) return { ...told, error: null, imagesPerSecond: null, works: false, failure };
  const { imagesPerSecond } = selfTest;
  if (reference === null) {
    return {
      ...told,
      error: null,
      imagesPerSecond,
      works: false,
      failure: `there is no ${referenceEngine().name} engine to compare it with`,
    };
  }
  const error = Math.max(
    difference(selfTest.outputs, reference.outputs),
    difference(selfTest.tokens, reference.tokens),
  );
  if (error <= MAX_ERROR) return { ...told, error, imagesPerSecond, works: true, failure: null };
  const why = `its numbers are wrong, by ${error.toExponential(1)} of the largest value`;
  return { ...told, error, imagesPerSecond, works: false, failure: why };
}

function difference(outputs: readonly number[], reference: readonly number[]): number {
  if (outputs.length !== reference.length) return Number.POSITIVE_INFINITY;
  const error = relativeError(Float32Array.from(outputs), Float32Array.from(reference));
  return outputs.every(Number.isFinite) ? error : Number.POSITIVE_INFINITY;
}

/** Adds to the reason that a package is installed but does not work. This differs from a package that is missing. */
function withPackages(engine: EngineName, availability: Availability, packages: Examination['packages']): Availability {
  if (availability.ok || availability.version) return availability;
  const there = engineByName(engine)
    .packages.flat()
    .filter((name) => packages.get(name));
  if (there.length === 0) return availability;
  const lies = there.map((name) => `${name} ${packages.get(name)}`).join(' and ');
  return { ...availability, reason: `${availability.reason} (${lies} lies there, incomplete or not loadable)` };
}

/** Never throws. */
function ask(
  engine: EngineName,
  { device, script = PROCESS_SCRIPT, timeout = MAX_MS }: ExamineOptions,
): Promise<EngineAnswer> {
  return new Promise((resolve) => {
    const child = fork(script, device === undefined ? [engine] : [engine, device], {
      // The engines' own output is dropped. The end of stderr is shown when they crash.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    let answer: EngineAnswer | null = null;
    let errors = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeout);
    child.stderr?.on('data', (text: Buffer) => {
      errors = (errors + text.toString('utf8')).slice(-10 * MAX_TOLD);
    });
    child.on('message', (message) => {
      answer = message as EngineAnswer;
    });
    child.on('error', (error) => {
      errors += error.message;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = late ? `it gave no answer in ${timeout / 1000} s` : `its process ended with ${signal ?? code}`;
      resolve(answer ?? crashed(end, errors));
    });
  });
}

function crashed(end: string, errors: string): EngineAnswer {
  const [line] = errors.split('\n').filter((one) => /error|cannot|fail/i.test(one));
  const reason = line === undefined ? end : `${end}: ${line.trim().slice(0, MAX_TOLD)}`;
  const availability: Availability = { ok: false, reason, device: null, kind: 'cpu' };
  return { availability, selfTest: null, failure: reason };
}
