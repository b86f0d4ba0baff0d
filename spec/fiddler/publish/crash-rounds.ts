/** Kills the command at seeded moments, repeats it, and counts what an emulator without deduplication has. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFaults } from 'image-drift-emulator';
import { Random } from '../../../base/index.js';
import { defaultJournal } from '../../../fiddler/publish/index.js';
import { packageRoot, temporaryFolder } from '../../support/places.js';
import { CrashingProxy } from './crashing-proxy.js';
import { createModel, localFiddler, storedIdsOf, TOKEN } from './local-fiddler.js';
import { writeEvents } from './publish-support.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const ENVIRONMENT = { type: 'PRODUCTION' } as const;
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
  onKill?: (kill: Kill) => void;
}

/**
 * `anywhere`: at a time; the others between the request that publishes and its answer: `lost`: it never reaches the
 * server; `late`: it does, after the process is dead; `answer`: it was carried out, and the answer is on its way.
 */
export type Moment = 'anywhere' | 'lost' | 'late' | 'answer';

export interface Kill {
  round: number;
  kill: number;
  moment: Moment;
  /** Since the process was started. */
  milliseconds: number;
  /** Chunks by what the journal says of them. */
  states: Record<string, number>;
  /** Chunks in doubt: sent, and not answered; since this kill, or since an earlier one if this came before the look. */
  inDoubt: number;
  /** How many of those the next runs found on the server, and how many they sent again. */
  found: number;
  resent: number;
}

export interface Round {
  round: number;
  kills: Kill[];
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
    if (round.kills.length === 0 && rounds.at(-1)?.kills.length === 0) throw new Error('no kill ever hits');
    left -= round.kills.length;
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
    const journal = defaultJournal(files, ENVIRONMENT);
    const kills: Kill[] = [];
    let runs = 0;
    for (let finished = false; !finished; runs++) {
      const moment = momentOf(random);
      const run = startPublish(proxy.url, files, options);
      const wanted = kills.length < most;
      const at = wanted ? await killAt(run, proxy, moment, random, options.longestRunMs ?? LONGEST_RUN_MS) : null;
      const status = await run.ended;
      proxy.hooks = {};
      if (at !== null && status === null) {
        const kill = { round: number, kill: kills.length + 1, moment, milliseconds: at, ...atTheKill(journal) };
        kills.push(kill);
        continue;
      }
      if (status !== 0) throw new Error(`publish ended with ${status}: ${run.errors()}`);
      finished = true;
    }
    for (const kill of kills) Object.assign(kill, afterTheKill(journal, kill));
    for (const kill of kills) options.onKill?.(kill);
    const ids = await storedIdsOf(client, model.id);
    const expected = options.files * options.days * options.rowsPerDay;
    return { round: number, kills, runs, expected, stored: ids.length, different: new Set(ids).size };
  } finally {
    await proxy.close();
    await close();
  }
}

/** Half of the kills hit between the request that publishes and its answer. */
function momentOf(random: Random): Moment {
  if (random.uniform() < 0.5) return 'anywhere';
  return (['lost', 'late', 'answer'] as const)[random.below(3)] as Moment;
}

interface Run {
  kill(): void;
  /** Null when it was killed. */
  ended: Promise<number | null>;
  errors(): string;
  started: number;
}

function startPublish(url: string, files: readonly string[], options: CrashOptions): Run {
  const names = '--project crashes --model resnet18 --timestamps spread --seed 3 --quiet'.split(' ');
  const flags = [...names, ...(options.flags ?? [])];
  const amounts = ['--days', options.days, '--rows-per-day', options.rowsPerDay, '--settle', SETTLE_SECONDS];
  const lag = ['--lag', String(options.lagSeconds ?? LAG_SECONDS)];
  const child = spawn(process.execPath, [MAIN, 'publish', ...files, ...flags, ...amounts.map(String), ...lag], {
    env: { ...process.env, FIDDLER_URL: url, FIDDLER_TOKEN: TOKEN },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += String(data);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { kill: () => child.kill('SIGKILL'), ended, errors: () => errors, started: performance.now() };
}

/** Kills the run at the moment; gives when that was, null when the run ended before. */
async function killAt(
  run: Run,
  proxy: CrashingProxy,
  moment: Moment,
  random: Random,
  longestRunMs: number,
): Promise<number | null> {
  let at: number | null = null;
  const kill = () => {
    at ??= Math.round(performance.now() - run.started);
    run.kill();
  };
  if (moment === 'anywhere') {
    const wait = 300 + random.uniform() * longestRunMs;
    await Promise.race([run.ended, sleep(wait)]);
    kill();
    return at;
  }
  let skip = random.below(3);
  const held = random.uniform() * HELD_BACK_MS;
  const hit = async () => {
    if (at !== null || skip-- > 0) return true;
    kill();
    await sleep(held);
    return moment !== 'lost';
  };
  proxy.hooks = moment === 'answer' ? { onAnswer: hit } : { onPost: hit };
  await run.ended;
  return at;
}

interface JournalLine {
  chunk?: number;
  state?: string;
  found?: number;
  of?: number;
}

function linesOf(journal: string): JournalLine[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, 'utf8').split('\n').slice(1, -1);
  return lines.map((line) => JSON.parse(line) as JournalLine);
}

function lastStates(lines: readonly JournalLine[]): Map<number, string> {
  const states = new Map<number, string>();
  for (const { chunk, state } of lines)
    if (chunk !== undefined && state !== 'looked') states.set(chunk, state as string);
  return states;
}

function atTheKill(journal: string) {
  const lines = linesOf(journal);
  const states: Record<string, number> = {};
  const doubted: number[] = [];
  for (const [chunk, state] of lastStates(lines)) {
    states[state] = (states[state] ?? 0) + 1;
    if (state === 'sending') doubted.push(chunk);
  }
  return { states, inDoubt: doubted.length, found: 0, resent: 0, lines: lines.length, doubted };
}

/** What became of the chunks in doubt: the first look at each after the kill tells. */
function afterTheKill(journal: string, kill: Kill): Pick<Kill, 'found' | 'resent'> {
  const { lines, doubted } = kill as Kill & { lines: number; doubted: number[] };
  const later = linesOf(journal).slice(lines);
  let found = 0;
  let resent = 0;
  for (const chunk of doubted) {
    const look = later.find((line) => line.chunk === chunk && line.state === 'looked');
    if (look !== undefined && look.found === look.of) found++;
    else if (later.some((line) => line.chunk === chunk && line.state === 'sending')) resent++;
  }
  return { found, resent };
}
