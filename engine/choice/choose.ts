/**
 * `auto`: which engine takes a model. Engines are asked one after another, fastest kind first, and no further than
 * needed: two that are there are compared by a calibration, whose result is remembered; one alone is taken.
 *
 * Not here: asking, measuring and remembering themselves, all of which come in as `ChoiceIO`, so that what is decided
 * can be tested without a single engine.
 */

import { type EngineName, referenceEngine } from '../backends/registry.js';
import type { Availability, Precision } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import { type Probe, probeOrder, refusal } from './probe-order.js';

export interface Candidate {
  engine: EngineName;
  availability: Availability;
}

/** Images per second of two engines, measured on the same model. */
export interface Comparison {
  winner: EngineName;
  rates: ReadonlyMap<EngineName, number>;
}

export interface ChoiceIO {
  installed(name: string): boolean;
  /** Never throws; loads the engine. */
  probe(engine: EngineName): Promise<{ availability: Availability; precisions: readonly Precision[] }>;
  /** What was measured before, if the best that is there is still `first`. */
  recall(first: Candidate): Comparison | null;
  /** An engine that fails while it is measured has rate 0. */
  calibrate(first: Candidate, second: Candidate): Promise<Comparison>;
  remember(first: Candidate, comparison: Comparison): void;
}

export interface ChoiceOptions {
  device: string | null;
  precision: Precision;
  /** Engines that are not to be asked: those that failed. */
  without?: ReadonlySet<EngineName> | undefined;
  /** Take the first that is there, and measure nothing: for the engine that steps in for one that died. */
  inHaste?: boolean | undefined;
}

export interface Choice extends Candidate {
  /** Why this one, for a person, e.g. `2,900 images/s, the other 670, measured now`. */
  why: string;
}

/** @throws EngineError `ADAPTER_MISSING` when no engine has the device; `NO_BACKEND` when there is none at all */
export async function chooseEngine(options: ChoiceOptions, io: ChoiceIO): Promise<Choice> {
  const search = new Search(options, io);
  const first = await search.next();
  if (first === null) throw nothingFound(options, search);
  if (options.inHaste) return { ...first, why: search.describe(first) };
  const recalled = io.recall(first);
  if (recalled !== null) {
    const winner = recalled.winner === first.engine ? first : await search.byName(recalled.winner);
    if (winner !== null) return { ...winner, why: `${describeRates(recalled, winner.engine)}, measured before` };
  }
  const second = await search.next();
  if (second === null) return { ...first, why: search.describe(first) };
  const comparison = await io.calibrate(first, second);
  // A failure may pass: it is not kept.
  if ([...comparison.rates.values()].every((rate) => rate > 0)) io.remember(first, comparison);
  const winner = comparison.winner === first.engine ? first : second;
  return { ...winner, why: `${describeRates(comparison, winner.engine)}, measured now` };
}

/** The walk through the engines; each is asked once, however often it is met. */
class Search {
  readonly refused = new Map<EngineName, string>();
  readonly #found = new Set<EngineName>();
  readonly #asked = new Map<EngineName, Promise<{ availability: Availability; precisions: readonly Precision[] }>>();
  readonly #options: ChoiceOptions;
  readonly #io: ChoiceIO;
  #probes: readonly Probe[];

  constructor(options: ChoiceOptions, io: ChoiceIO) {
    this.#options = options;
    this.#io = io;
    const order = probeOrder({ device: options.device, installed: io.installed });
    this.#probes = order.filter(({ engine }) => !options.without?.has(engine));
  }

  /** The next engine that may be taken; null when there is none left. */
  async next(): Promise<Candidate | null> {
    while (true) {
      const [probe, ...rest] = this.#probes;
      if (probe === undefined) return this.#found.size === 0 ? this.#lastResort() : null;
      this.#probes = rest;
      const spared = probe.insteadOf !== undefined && this.#found.has(probe.insteadOf);
      const candidate = spared || this.#found.has(probe.engine) ? null : await this.#try(probe);
      if (candidate !== null) return candidate;
    }
  }

  /** One that was chosen before, where it may still be taken. */
  async byName(engine: EngineName): Promise<Candidate | null> {
    const probe = this.#probes.findLast((one) => one.engine === engine);
    return probe === undefined ? null : this.#try(probe);
  }

  /** Why the only one there is taken. */
  describe({ availability }: Candidate): string {
    const others = [...this.refused].map(([engine, why]) => `${engine}: ${why}`);
    if (others.length === 0) others.push('no other engine is installed');
    return [availability.reason, ...others].join('; ');
  }

  /** Plain JavaScript, which takes no device. */
  async #lastResort(): Promise<Candidate | null> {
    const { device, without } = this.#options;
    const { name } = referenceEngine();
    if (device !== null || without?.has(name) || this.#asked.has(name)) return null;
    return this.#try({ engine: name, on: 'any' });
  }

  async #try(probe: Probe): Promise<Candidate | null> {
    const { engine } = probe;
    const asking = this.#asked.get(engine) ?? this.#io.probe(engine);
    this.#asked.set(engine, asking);
    const { availability, precisions } = await asking;
    const { device, precision } = this.#options;
    const lacks = precisions.includes(precision) ? null : `it has no ${precision}`;
    const why = refusal(probe, availability, device !== null) ?? lacks;
    if (why !== null) {
      this.refused.set(engine, why);
      return null;
    }
    this.refused.delete(engine);
    this.#found.add(engine);
    return { engine, availability };
  }
}

function describeRates({ rates }: Comparison, winner: EngineName): string {
  const others = [...rates].filter(([engine]) => engine !== winner);
  const told = others.map(([engine, rate]) => (rate > 0 ? `${engine} ${formatRate(rate)}` : `${engine} failed`));
  return [`${formatRate(rates.get(winner) ?? 0)} images/s`, ...told].join(', ');
}

function formatRate(rate: number): string {
  return rate.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 1 : 0 });
}

function nothingFound({ device, precision }: ChoiceOptions, { refused }: Search): EngineError {
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
