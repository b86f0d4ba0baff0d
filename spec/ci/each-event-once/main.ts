/**
 * Is each event published once, where a journal does not tell and where the server does not keep its word?
 *     node dist/spec/ci/each-event-once/main.js [ROUNDS] [OFFSETS] [KILLS] [SEED]
 * ROUNDS of each case; OFFSETS at which a journal is cut (0: all); KILLS of the command in each mode. Prints a row a
 * case. Fails if an event is lost or stored twice in the end, or if a refusal does not say what to do.
 */
import { crashRounds } from '../../fiddler/publish/crash-rounds.js';
import { journalCut } from './cut-journal.js';
import {
  journalDeleted,
  journalRestored,
  type Mode,
  newTally,
  shortAnswers,
  type Tally,
  tallied,
  twoHosts,
  visibleLate,
} from './rounds.js';

const [rounds = 2, offsets = 60, kills = 4, seed = 1] = process.argv.slice(2).map(Number);
const failures: string[] = [];

const ROUNDS = {
  'two hosts': twoHosts,
  'journal deleted while it runs': journalDeleted,
  'journal restored from earlier': journalRestored,
  'events visible late': visibleLate,
  'short answers': shortAnswers,
};

for (const mode of ['files', 'stream'] as const) {
  for (const [what, play] of Object.entries(ROUNDS)) {
    await row(`${mode}: ${what}`, () => tallied(rounds, seed, (random) => play(mode, random)));
  }
  await row(`${mode}: journal cut at any byte`, () => journalCut(mode, offsets, seed));
  await row(`${mode}: killed`, () => killed(mode));
}
for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function row(name: string, run: () => Promise<Tally>): Promise<void> {
  const began = performance.now();
  const { cases, runs, refusals, meanwhile, lost, doubled } = await run();
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  const codes = [...refusals].map(([code, count]) => `${count} ${code}`).join(', ') || 'none';
  console.log(
    `${name.padEnd(40)} ${cases} cases, ${runs} runs, refused: ${codes}; twice meanwhile and named: ${meanwhile}; ` +
      `lost: ${lost}, twice: ${doubled} (${seconds} s)`,
  );
  if (lost > 0 || doubled > 0) failures.push(name);
}

/** The command, killed with SIGKILL at any moment and between a request and its answer, and run again. */
async function killed(mode: Mode): Promise<Tally> {
  const flags = ['--rows-per-file', '200', ...(mode === 'stream' ? ['--stream'] : [])];
  const tally = newTally();
  const events = { files: 1, rows: 1_500, days: 3, rowsPerDay: 1_000, dimensions: 8 };
  const faults = { faults: '429:0.1,500:0.05,reset:0.02', killsPerRound: 10, longestRunMs: 6_000, lagSeconds: 2 };
  for (const round of await crashRounds({ kills, seed, ...events, ...faults, flags })) {
    tally.cases += round.kills;
    tally.runs += round.runs;
    tally.lost += round.expected - round.different;
    tally.doubled += round.stored - round.different;
  }
  return tally;
}
