/**
 * The order in which `auto` asks the engines, from what each says of itself: a real GPU, then native engines and our own
 * kernels, then what stands in for those, and last the reference engine. Pure: no engine is loaded here.
 */
import { type EngineName, engines } from '../backends/registry.js';
import type { Availability } from '../contract/backend.js';
import type { AutoQuestion, EngineDescription } from '../contract/engine-description.js';

/** One question: would this engine do here? */
export interface Probe {
  engine: EngineName;
  on: AutoQuestion['on'];
  /** An engine that this one only stands in for: not asked where that one is there. */
  insteadOf?: EngineName;
}

export interface Wish {
  /** Part of an adapter's name or its number, as typed by the user. */
  device: string | null;
  /** Whether a package is there. */
  installed(name: string): boolean;
}

/**
 * Engines whose packages are missing are left out, so that they are not even loaded. With a device only engines that
 * have devices are asked.
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

/** Whether one of the sets is there whole; an engine without packages always is. */
function isInstalled(sets: EngineDescription['packages'], installed: Wish['installed']): boolean {
  return sets.length === 0 || sets.some((names) => names.every(installed));
}

function standingIn(name: EngineName): Pick<Probe, 'insteadOf'> {
  const first = engines.find(({ substitute }) => substitute === name);
  return first === undefined ? {} : { insteadOf: first.name };
}

/**
 * Null where the engine may be taken; else why not, as half a sentence.
 *
 * @param named whether the user named this very device, which allows a software GPU
 */
export function refusal({ on }: Probe, availability: Availability, named: boolean): string | null {
  const { ok, kind, reason, device } = availability;
  if (!ok) return reason;
  if (kind === 'software-gpu' && !named)
    return `${device ?? 'its adapter'} is a GPU in software, slower than the CPU itself`;
  if (on === 'gpu' && kind === 'cpu' && !named) return 'it runs on the CPU only';
  return null;
}
