/**
 * The order in which `auto` asks the engines, taken from their descriptions: a real GPU first, then native engines and
 * our own kernels, then their substitutes, and the reference engine last. It loads no engine.
 */
import { type EngineName, engines } from '../backends/registry.js';
import type { Availability } from '../contract/backend.js';
import type { AutoQuestion, EngineDescription } from '../contract/engine-description.js';

/** One question: can this engine be used here? */
export interface Probe {
  engine: EngineName;
  on: AutoQuestion['on'];
  /** The engine that this one replaces. If that engine is available, this one is not asked. */
  insteadOf?: EngineName;
}

export interface Wish {
  /** Part of an adapter's name or its number, as typed by the user. */
  device: string | null;
  /** Whether a package is installed. */
  installed(name: string): boolean;
}

/**
 * Leaves out engines whose packages are missing, so their code is never loaded. With a device, only engines that have
 * devices are asked.
 */
export function probeOrder({ device, installed }: Wish): Probe[] {
  const questions = engines
    .filter(({ hasDevices }) => device === null || hasDevices)
    .flatMap((engine) => engine.auto.map((question) => ({ engine, question })))
    .filter(({ engine, question }) => isInstalled(question.packages ?? engine.packages, installed));
  return questions
    .sort((a, b) => a.question.rank - b.question.rank)
    .map(({ engine, question }) => ({ engine: engine.name, on: question.on, ...standingIn(engine.name) }));
}

/** Whether all packages of one of the sets are installed. True for an engine without packages. */
function isInstalled(sets: EngineDescription['packages'], installed: Wish['installed']): boolean {
  return sets.length === 0 || sets.some((names) => names.every(installed));
}

function standingIn(name: EngineName): Pick<Probe, 'insteadOf'> {
  const first = engines.find(({ substitute }) => substitute === name);
  return first === undefined ? {} : { insteadOf: first.name };
}

/**
 * Null if the engine may be taken; otherwise the reason, as half a sentence.
 *
 * @param named whether the user named this device, which allows a software GPU
 */
export function refusal({ on }: Probe, availability: Availability, named: boolean): string | null {
  const { ok, kind, reason, device } = availability;
  if (!ok) return reason;
  if (kind === 'software-gpu' && !named)
    return `${device ?? 'its adapter'} is a GPU in software, slower than the CPU itself`;
  if (on === 'gpu' && kind === 'cpu' && !named) return 'it runs on the CPU only';
  return null;
}
