/** What became of the events of a case, added up over its rounds. */
import { CodedError, Random } from '../../../base/index.js';

export interface Tally {
  cases: number;
  /** Times that the publisher was started. */
  runs: number;
  /** By code, how many runs were refused. */
  refusals: Map<string, number>;
  /** Events that were stored twice for a while, of which a run has told by their ids. */
  meanwhile: number;
  /** Events that the server does not have in the end. */
  lost: number;
  /** Events that it has more than once in the end. */
  doubled: number;
}

export function newTally(): Tally {
  return { cases: 0, runs: 0, refusals: new Map(), meanwhile: 0, lost: 0, doubled: 0 };
}

export async function tallied(rounds: number, seed: number, play: (random: Random) => Promise<Tally>): Promise<Tally> {
  const sum = newTally();
  for (let round = 0; round < rounds; round++) add(sum, await play(Random.stream(seed, round)));
  return sum;
}

export function add(sum: Tally, more: Tally): void {
  for (const name of ['cases', 'runs', 'meanwhile', 'lost', 'doubled'] as const) sum[name] += more[name];
  for (const [code, count] of more.refusals) sum.refusals.set(code, (sum.refusals.get(code) ?? 0) + count);
}

/** @param ids of all stored events, each as often as it is stored */
export function countStored(tally: Tally, ids: readonly string[], expected: number): void {
  const different = new Set(ids).size;
  tally.lost += expected - different;
  tally.doubled += ids.length - different;
}

/** Runs once and counts it. Gives what it found, or the refusal, which must say what to do. */
export async function counted<T>(tally: Tally, run: () => Promise<T>): Promise<T | CodedError> {
  tally.runs++;
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CodedError) || error.hint === null || error.hint === undefined) throw error;
    tally.refusals.set(error.code, (tally.refusals.get(error.code) ?? 0) + 1);
    return error;
  }
}
