/** One round of each case: publishes against an emulator that does not deduplicate, behind a proxy that lies. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError, Random } from '../../../base/index.js';
import type { PublishOptions } from '../../../fiddler/publish/index.js';
import { CHUNKS, meeting, openRig, type Rig, ROWS } from '../../fiddler/publish/lying-rig.js';

export type Mode = 'files' | 'stream';

/** A user who runs the same command again does not do it more often. */
const MOST_RUNS = 20;
const WAIT_MS = 300;

/** Two journals. In half of the rounds, the first requests of both meet on their way. */
export function twoHosts(mode: Mode, random: Random): Promise<Tally> {
  return played({ jobSeconds: 0.3 }, async (rig, tally) => {
    const first = { mode, lagSeconds: 0.5 };
    const second = { ...first, journal: join(rig.folder, 'elsewhere.jsonl') };
    let later = random.uniform() * 1_500;
    if (random.uniform() < 0.5) {
      later = 0;
      rig.proxy.onPost = meeting(random.below(60));
    }
    const secondRun = sleep(later).then(() => counted(tally, () => rig.publish(second)));
    const ended = await Promise.all([counted(tally, () => rig.publish(first)), secondRun]);
    for (const error of ended) await putRight(rig, tally, error);
    await untilDone(rig, tally, first);
    await untilDone(rig, tally, second);
  });
}

export function journalDeleted(mode: Mode, random: Random): Promise<Tally> {
  return played({ jobSeconds: 1 }, async (rig, tally) => {
    await interrupted(rig, tally, { mode }, random);
    rmSync(rig.journal, { force: true });
    await untilDone(rig, tally, { mode });
  });
}

/** As it was at any request of the run, or cut from that by the loss of its last lines. */
export function journalRestored(mode: Mode, random: Random): Promise<Tally> {
  return played({}, async (rig, tally) => {
    const earlier: Buffer[] = [];
    rig.proxy.onPost = async () => {
      if (existsSync(rig.journal)) earlier.push(readFileSync(rig.journal));
    };
    await untilDone(rig, tally, { mode });
    rig.proxy.onPost = null;
    for (let again = 0; again < 3; again++) {
      writeFileSync(rig.journal, earlier[random.below(earlier.length)] as Buffer);
      await untilDone(rig, tally, { mode });
    }
  });
}

/** Interrupted; in half of the rounds the journal is gone as well. */
export function visibleLate(mode: Mode, random: Random): Promise<Tally> {
  return played({}, async (rig, tally) => {
    rig.proxy.visibleAfterMs = random.uniform() * 1_500;
    await interrupted(rig, tally, { mode }, random);
    if (random.uniform() < 0.5) rmSync(rig.journal, { force: true });
    await untilDone(rig, tally, { mode });
    rig.proxy.visibleAfterMs = 0;
  });
}

/** A stream stores a part of each request, and says so or not; a job that ends well has lost a part of its rows. */
export function shortAnswers(mode: Mode, random: Random): Promise<Tally> {
  return played({}, async (rig, tally) => {
    rig.proxy.storedShare = 0.4 + random.uniform() / 2;
    rig.proxy.honest = random.uniform() < 0.5;
    const share = random.uniform();
    if (mode === 'files') {
      rig.proxy.onSuccess = async () => {
        const ids = await rig.stored();
        await rig.remove(ids.slice(0, Math.max(1, Math.floor(ids.length * share))));
      };
    }
    await untilDone(rig, tally, { mode, lagSeconds: 0.2, concurrency: 1 });
  });
}

async function played(
  options: Parameters<typeof openRig>[0],
  play: (rig: Rig, tally: Tally) => Promise<void>,
): Promise<Tally> {
  const tally = { ...newTally(), cases: 1 };
  const rig = await openRig(options);
  try {
    await play(rig, tally);
    countStored(tally, await rig.stored(), ROWS);
  } finally {
    await rig.close();
  }
  return tally;
}

async function interrupted(rig: Rig, tally: Tally, options: Partial<PublishOptions>, random: Random): Promise<void> {
  const controller = new AbortController();
  let left = random.below(CHUNKS);
  rig.proxy.onPost = async () => {
    if (left-- === 0) controller.abort();
  };
  await counted(tally, () => rig.publish({ ...options, signal: controller.signal }));
  rig.proxy.onPost = null;
}

/** Runs the same command again until it is done, and does what its refusals say. */
async function untilDone(rig: Rig, tally: Tally, options: Partial<PublishOptions>): Promise<void> {
  for (let run = 0; run < MOST_RUNS; run++) {
    const ended = await counted(tally, () => rig.publish(options));
    if (!(ended instanceof CodedError) && ended.finished) return;
    await putRight(rig, tally, ended);
    await sleep(WAIT_MS);
  }
  throw new Error(`not done after ${MOST_RUNS} runs: ${[...tally.refusals.keys()].join(', ')}`);
}

/** Deletes what a run says that is stored twice. */
async function putRight(rig: Rig, tally: Tally, ended: unknown): Promise<void> {
  if (!(ended instanceof CodedError) || ended.code !== 'PUBLISH_STORED_TWICE') return;
  const ids = (ended.message.split(': ').at(-1) as string).split(', ');
  tally.meanwhile += ids.length;
  await rig.remove(ids);
}

// What became of the events of a case, added up over its rounds.

export interface Tally {
  cases: number;
  runs: number;
  /** By code, how many runs were refused. */
  refusals: Map<string, number>;
  /** Events that were stored twice for a while, and that a run has named by their ids. */
  meanwhile: number;
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

function add(sum: Tally, more: Tally): void {
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
