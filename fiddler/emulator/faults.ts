/**
 * Faults made on purpose, to see how a client takes them. Each request draws, from a seed: none, or one of
 * - `429`: refused with `Retry-After`, always before anything was done;
 * - `500`: half of the time before, half of the time after the work was done;
 * - `reset`: the connection is cut, before or after as above, without an answer;
 * - `slow`: answered late.
 */
import { Random } from 'image-drift/base';
import { EmulatorError } from './emulator-error.js';

export const FAULTS = ['429', '500', 'reset', 'slow'] as const;
export type FaultName = (typeof FAULTS)[number];

/** The share of requests that each fault meets; together at most 1. */
export type Faults = Partial<Record<FaultName, number>>;

export interface Fault {
  name: FaultName;
  /** For `500` and `reset`: after the work was done. */
  after: boolean;
  /** For `slow`: how long to wait. */
  milliseconds: number;
}

/** Long enough to be noticed, short enough for tests. */
const MIN_SLOW_MS = 200;
const MAX_SLOW_MS = 2_000;

/** @param text `429:0.1,500:0.05,reset:0.02,slow:0.05` @throws EmulatorError `FAULTS_INVALID` */
export function parseFaults(text: string): Faults {
  const faults: Faults = {};
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [name = '', share = ''] = part.split(':').map((piece) => piece.trim());
    const known = FAULTS.find((fault) => fault === name);
    if (known === undefined) throw invalid(`${name || part}: there are ${FAULTS.join(', ')}`);
    if (known in faults) throw invalid(`${name} stands there twice`);
    const number = share === '' ? Number.NaN : Number(share);
    if (!(number >= 0 && number <= 1)) throw invalid(`${part}: a share from 0 to 1 is needed`);
    faults[known] = number;
  }
  checkFaults(faults);
  return faults;
}

/** @throws EmulatorError `FAULTS_INVALID` */
function checkFaults(faults: Faults): void {
  const sum = FAULTS.reduce((total, name) => total + (faults[name] ?? 0), 0);
  if (!(sum <= 1)) throw invalid(`the shares add up to ${sum}, 1 is possible`);
}

function invalid(why: string): EmulatorError {
  return new EmulatorError('FAULTS_INVALID', `faults: ${why}`, {
    hint: 'Write for example 429:0.1,500:0.05,reset:0.02.',
  });
}

export class FaultPlan {
  readonly #random: Random;
  readonly #faults: Faults;

  constructor(faults: Faults, seed: number) {
    this.#faults = faults;
    checkFaults(faults);
    this.#random = new Random(seed);
  }

  next(): Fault | null {
    // Three draws whatever comes of them: what one request meets does not depend on what another met.
    const drawn = this.#random.uniform();
    const after = this.#random.uniform() < 0.5;
    const milliseconds = Math.round(MIN_SLOW_MS + (MAX_SLOW_MS - MIN_SLOW_MS) * this.#random.uniform());
    let reached = 0;
    for (const name of FAULTS) {
      reached += this.#faults[name] ?? 0;
      if (drawn < reached) return { name, after, milliseconds };
    }
    return null;
  }
}
