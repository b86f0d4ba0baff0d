/**
 * `auto`: chooses the engine for a model. It asks the engines one after another, the fastest kind first, and stops as
 * soon as it can. If two engines are available, a calibration compares them, and its result is remembered. If only one
 * is available, it is taken.
 *
 * Asking, measuring and remembering come in as `ChoiceIO`, so the choice can be tested without an engine.
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
  /** Loads the engine. Never throws. */
  probe(engine: EngineName): Promise<{ availability: Availability; precisions: readonly Precision[] }>;
  /** An earlier comparison of `first` with another engine; null if there is none. */
  recall(first: Candidate): Comparison | null;
  /** An engine that fails while it is measured has rate 0. */
  calibrate(first: Candidate, second: Candidate): Promise<Comparison>;
  remember(first: Candidate, comparison: Comparison): void;
}

export interface ChoiceOptions {
  device: string | null;
  precision: Precision;
  /** Engines that failed and are not asked again. */
  without?: ReadonlySet<EngineName> | undefined;
  /** Engines that may be slower for the network than their substitutes, which are compared with them. */
  slow?: ReadonlySet<EngineName> | undefined;
  /** Takes the first available engine and measures nothing. Used to replace an engine that died. */
  inHaste?: boolean | undefined;
}

export interface Choice extends Candidate {
  /** The reason for the choice, for a person, e.g. `2,900 images/s, the other 670, measured now`. */
  why: string;
}

/** @throws EngineError `ADAPTER_MISSING` when no engine has the device; `NO_BACKEND` when no engine is available */
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
  // A failure may be temporary, so it is not kept.
  if ([...comparison.rates.values()].every((rate) => rate > 0)) io.remember(first, comparison);
  const winner = comparison.winner === first.engine ? first : second;
  return { ...winner, why: `${describeRates(comparison, winner.engine)}, measured now` };
}

/** The search through the engines. Each engine is asked at most once. */
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

  /** The next engine that may be taken; null when no engine is left. */
  async next(): Promise<Candidate | null> {
    while (true) {
      const [probe, ...rest] = this.#probes;
      if (probe === undefined) return this.#found.size === 0 ? this.#lastResort() : null;
      this.#probes = rest;
      const spared = this.#isSpared(probe);
      const candidate = spared || this.#found.has(probe.engine) ? null : await this.#try(probe);
      if (candidate !== null) return candidate;
    }
  }

  #isSpared({ insteadOf }: Probe): boolean {
    return insteadOf !== undefined && this.#found.has(insteadOf) && !this.#options.slow?.has(insteadOf);
  }

  /** An engine that was chosen before; null if it may no longer be taken. */
  async byName(engine: EngineName): Promise<Candidate | null> {
    const probe = this.#probes.findLast((one) => one.engine === engine);
    return probe === undefined ? null : this.#try(probe);
  }

  /** The reason why the only available engine is taken. */
  describe({ availability }: Candidate): string {
    const others = [...this.refused].map(([engine, why]) => `${engine}: ${why}`);
    if (others.length === 0) others.push('no other engine is installed');
    return [availability.reason, ...others].join('; ');
  }

  /** The engine in plain JavaScript. It has no devices. */
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
