/** Kills the command at seeded moments, repeats it, and counts what an emulator without deduplication has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFaults } from 'image-drift-emulator';
import { Random } from '../../../base/index.js';
import { type StartedCli, startBeside } from '../../support/run-beside.js';
import { temporaryFolder } from '../../support/test.js';
import { CrashingProxy } from './crashing-proxy.js';
import { createModel, localFiddler, storedIdsOf, TOKEN } from './local-fiddler.js';
import { writeEvents } from './publish-support.js';

/** Longer than a request may be held back on the wire below; a real network takes the default of 2 s. */
const SETTLE_SECONDS = 0.4;
const HELD_BACK_MS = 150;
const LAG_SECONDS = 5;
const LONGEST_RUN_MS = 9_000;

export interface CrashOptions {
  kills: number;
  seed: number;
  files: number;
  rows: number;
  days: number;
  rowsPerDay: number;
  faults: string;
  dimensions: number;
  /** Kills of one publish, after which it is left to finish. */
  killsPerRound: number;
  /** Time within which a run is killed: about what a run takes that is left alone; default 9,000. */
  longestRunMs?: number;
  /** Default 5. */
  lagSeconds?: number;
  flags?: readonly string[];
}

export interface Round {
  kills: number;
  runs: number;
  expected: number;
  stored: number;
  different: number;
}

export async function crashRounds(options: CrashOptions): Promise<Round[]> {
  const random = new Random(options.seed);
  const rounds: Round[] = [];
  let left = options.kills;
  while (left > 0) {
    const round = await crashRound(options, rounds.length + 1, Math.min(left, options.killsPerRound), random);
    if (round.kills === 0 && rounds.at(-1)?.kills === 0) throw new Error('no kill ever hits');
    left -= round.kills;
    rounds.push(round);
  }
  return rounds;
}

async function crashRound(options: CrashOptions, number: number, most: number, random: Random): Promise<Round> {
  const folder = temporaryFolder();
  const { emulator, client, close } = await localFiddler({
    ...{ faults: parseFaults(options.faults), seed: options.seed * 1_000 + number },
    ...{ deduplicate: false, jobSeconds: 0.2 },
  });
  const proxy = await new CrashingProxy().start(emulator.url);
  try {
    const model = await createModel(client, options.dimensions);
    const files: string[] = [];
    const { dimensions, rows } = options;
    for (let file = 1; file <= options.files; file++) {
      files.push(await writeEvents(folder, `production_${file}`, rows, { dimensions, seed: file }));
    }
    let [kills, runs] = [0, 0];
    for (let finished = false; !finished; runs++) {
      const run = startPublish(proxy.url, files, options);
      const isKilled = kills < most && (await killed(run, proxy, random, options.longestRunMs ?? LONGEST_RUN_MS));
      const { status, stderr } = await run.ended;
      proxy.hooks = {};
      finished = status === 0;
      if (isKilled && status === null) kills++;
      else if (!finished) throw new Error(`publish ended with ${status}: ${stderr}`);
    }
    const ids = await storedIdsOf(client, model.id);
    const expected = options.files * options.days * options.rowsPerDay;
    return { kills, runs, expected, stored: ids.length, different: new Set(ids).size };
  } finally {
    await proxy.close();
    await close();
  }
}

function startPublish(url: string, files: readonly string[], options: CrashOptions): StartedCli {
  const names = '--project crashes --model resnet18 --timestamps spread --seed 3 --quiet'.split(' ');
  const amounts = ['--days', options.days, '--rows-per-day', options.rowsPerDay, '--settle', SETTLE_SECONDS];
  const flags = [...amounts, '--lag', options.lagSeconds ?? LAG_SECONDS, ...(options.flags ?? [])].map(String);
  return startBeside(['publish', ...files, ...names, ...flags], { env: { FIDDLER_URL: url, FIDDLER_TOKEN: TOKEN } });
}

/**
 * Kills the run at a time or, in half of the cases, between the request that publishes and its answer: the request never
 * reaches the server (`lost`) or does so after the process is dead (`late`), or its answer is on the way.
 * @returns false when the run ended before
 */
async function killed(run: StartedCli, proxy: CrashingProxy, random: Random, longestMs: number): Promise<boolean> {
  const { child, ended } = run;
  if (random.uniform() < 0.5) {
    await Promise.race([ended, sleep(300 + random.uniform() * longestMs)]);
    return child.kill('SIGKILL');
  }
  const moment = (['lost', 'late', 'answer'] as const)[random.below(3)];
  let skip = random.below(3);
  const held = random.uniform() * HELD_BACK_MS;
  const hit = async () => {
    if (child.killed || skip-- > 0) return true;
    child.kill('SIGKILL');
    await sleep(held);
    return moment !== 'lost';
  };
  proxy.hooks = moment === 'answer' ? { onAnswer: hit } : { onPost: hit };
  await ended;
  return child.killed;
}
