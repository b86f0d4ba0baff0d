/** `auto`: a real GPU, then native engines and our kernels. Two that work are compared; the result is remembered. */
import { type EngineName, engines, REFERENCE } from '../backends/registry.js';
import type { Availability, Precision } from '../contract/backend.js';
import type { AutoQuestion } from '../contract/engine-description.js';
import { EngineError } from '../contract/engine-error.js';
import { agrees, type Difference } from '../contract/parts.js';
import { describeDifference } from './trial.js';

interface Probe {
  engine: EngineName;
  on: AutoQuestion['on'];
}

export interface Candidate {
  engine: EngineName;
  availability: Availability;
}

/** Images per second of two engines, measured on the same model. */
export interface Comparison {
  winner: EngineName;
  rates: ReadonlyMap<EngineName, number>;
  /** What the winner's first images showed, if it is a GPU; null until then. */
  difference: Difference | null;
}

export interface ChoiceIO {
  installed(name: string): boolean;
  /** Loads the engine. Never throws. */
  probe(engine: EngineName): Promise<{ availability: Availability; precisions: readonly Precision[] }>;
  /** Images per second; 0 for an engine that fails. */
  measure(candidate: Candidate): Promise<number>;
  /** An earlier comparison of `first` with another engine; null if there is none. */
  recall(first: Candidate): Comparison | null;
  remember(first: Candidate, comparison: Comparison): void;
}

export interface ChoiceOptions {
  /** Part of an adapter's name or its number, as typed by the user. */
  device: string | null;
  precision: Precision;
}

export interface Choice extends Candidate {
  /** The reason for the choice, for a person, e.g. `2,900 images/s, the other 670, measured now`. */
  why: string;
  /** What is remembered of it, and by which engine; null where nothing is. */
  kept: { first: Candidate; comparison: Comparison } | null;
}

/** The questions in order, without engines whose packages are missing, or with a device, that have none. */
export function probeOrder(asked: Pick<ChoiceOptions, 'device'> & Pick<ChoiceIO, 'installed'>): Probe[] {
  const { device, installed } = asked;
  return engines
    .filter(({ hasDevices }) => device === null || hasDevices)
    .flatMap((engine) =>
      engine.auto.map(({ on, rank, packages = engine.packages }) => ({ engine: engine.name, on, rank, packages })),
    )
    .filter(({ packages }) => packages.length === 0 || packages.some((names) => names.every(installed)))
    .sort((a, b) => a.rank - b.rank)
    .map(({ engine, on }) => ({ engine, on }));
}

/** Null: it may be taken. @param named whether the user named the device, which allows a software GPU */
function refusal({ on }: Probe, availability: Availability, named: boolean): string | null {
  const { ok, kind, reason, device } = availability;
  if (!ok) return reason;
  if (kind === 'software-gpu' && !named)
    return `${device ?? 'its adapter'} is a GPU in software, slower than the CPU itself`;
  if (on === 'gpu' && kind === 'cpu' && !named) return 'it runs on the CPU only';
  return null;
}

/** @throws EngineError `ADAPTER_MISSING` when no engine has the device; `NO_BACKEND` when no engine is available */
export async function chooseEngine(options: ChoiceOptions, io: ChoiceIO): Promise<Choice> {
  const refused: Refused = new Map();
  const found = availableEngines(options, io, refused);
  const { value: first } = await found.next();
  if (!first) throw nothingFound(options, refused);
  const before = io.recall(first);
  const taken = before && { ...takenBefore(before, first), kept: { first, comparison: before } };
  if (taken?.engine === first.engine) return { ...first, ...taken };
  let second: Candidate | undefined;
  for await (const other of found) {
    if (taken?.engine === other.engine) return { ...other, ...taken };
    second ??= other;
    if (taken === null) break;
  }
  if (!second) return { ...first, why: whyAlone(first, refused), kept: null };
  const comparison = await compare(first, second, io);
  const winner = comparison.winner === first.engine ? first : second;
  // A failure may be temporary.
  const kept = [...comparison.rates.values()].every((rate) => rate > 0) ? { first, comparison } : null;
  if (kept !== null) io.remember(first, comparison);
  return { ...winner, why: `${describeRates(comparison)}, measured now`, kept };
}

function takenBefore(before: Comparison, first: Candidate): { engine: EngineName; why: string } {
  const { winner, difference } = before;
  if (difference === null || agrees(difference)) {
    return { engine: winner, why: `${describeRates(before)}, measured before` };
  }
  const device = winner === first.engine ? first.availability.device : null;
  return { engine: REFERENCE, why: `${describeDifference(winner, device, difference)}: not used, tried before` };
}

async function compare(first: Candidate, second: Candidate, io: ChoiceIO): Promise<Comparison> {
  const [rate, other] = [await io.measure(first), await io.measure(second)];
  const winner = other > rate ? second.engine : first.engine;
  const rates = new Map([[first.engine, rate] as const]).set(second.engine, other);
  return { winner, rates, difference: null };
}

type Refused = Map<EngineName, string>;

/** The engines that may be taken. Each is loaded once, and only when the next is asked for. */
export async function* availableEngines(
  { device, precision }: ChoiceOptions,
  { installed, probe }: Pick<ChoiceIO, 'installed' | 'probe'>,
  refused: Refused = new Map(),
): AsyncGenerator<Candidate, undefined> {
  const answers = new Map<EngineName, Awaited<ReturnType<ChoiceIO['probe']>>>();
  for (const question of probeOrder({ device, installed })) {
    const { engine } = question;
    if (answers.has(engine) && !refused.has(engine)) continue;
    const { availability, precisions } = answers.get(engine) ?? (await probe(engine));
    answers.set(engine, { availability, precisions });
    const lacks = precisions.includes(precision) ? null : `it has no ${precision}`;
    const why = refusal(question, availability, device !== null) ?? lacks;
    refused.delete(engine);
    if (why === null) yield { engine, availability };
    else refused.set(engine, why);
  }
}

function whyAlone({ availability }: Candidate, refused: Refused): string {
  const others = [...refused].map(([engine, why]) => `${engine}: ${why}`);
  return [availability.reason, ...(others.length > 0 ? others : ['no other engine is installed'])].join('; ');
}

function describeRates({ rates, winner }: Comparison): string {
  const others = [...rates].filter(([engine]) => engine !== winner);
  const told = others.map(([engine, rate]) => (rate > 0 ? `${engine} ${formatRate(rate)}` : `${engine} failed`));
  return [`${formatRate(rates.get(winner) ?? 0)} images/s`, ...told].join(', ');
}

function formatRate(rate: number): string {
  return rate.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 1 : 0 });
}

function nothingFound({ device, precision }: ChoiceOptions, refused: Refused): EngineError {
  const why = [...refused].map(([engine, reason]) => `${engine}: ${reason}`).join('; ');
  if (device !== null) {
    return new EngineError('ADAPTER_MISSING', `device ${device}: no engine here has it${why ? `; ${why}` : ''}`, {
      hint: 'image-drift doctor lists the devices that are there.',
    });
  }
  return new EngineError('NO_BACKEND', `no engine can compute in ${precision} here: ${why}`, {
    hint: 'image-drift doctor says what each one lacks.',
  });
}
