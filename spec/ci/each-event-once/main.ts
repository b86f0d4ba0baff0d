/**
 * Is each event published once, where a journal does not tell and where the server does not keep its word?
 *
 *     node dist/spec/ci/each-event-once/main.js [ROUNDS] [OFFSETS] [KILLS] [SEED]
 *
 * ROUNDS of each case; OFFSETS at which a journal is cut (0: all of them); KILLS of the command in each mode. Prints a row
 * for each case. Fails if an event is lost, if one is stored twice in the end, or if a refusal does not say what to do.
 */
import { journalCut } from './cut-journal.js';
import { killed } from './killed.js';
import { journalDeleted, journalRestored, shortAnswers, twoHosts, visibleLate } from './rounds.js';
import { type Tally, tallied } from './tally.js';

const [rounds = 2, offsets = 60, kills = 4, seed = 1] = process.argv.slice(2).map(Number);
const failures: string[] = [];

for (const mode of ['files', 'stream'] as const) {
  const name = (what: string) => `${mode}: ${what}`;
  await row(name('two hosts'), () => tallied(rounds, seed, (random) => twoHosts(mode, random)));
  await row(name('journal deleted while it runs'), () =>
    tallied(rounds, seed, (random) => journalDeleted(mode, random)),
  );
  await row(name('journal restored from earlier'), () =>
    tallied(rounds, seed, (random) => journalRestored(mode, random)),
  );
  await row(name('events visible late'), () => tallied(rounds, seed, (random) => visibleLate(mode, random)));
  await row(name('short answers'), () => tallied(rounds, seed, (random) => shortAnswers(mode, random)));
  await row(name('journal cut at any byte'), () => journalCut(mode, offsets, seed));
  await row(name('killed'), () => killed(mode, kills, seed));
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
