/**
 * Is every event published exactly once, whatever happens? `publish` is killed with SIGKILL at seeded moments, half of
 * them between the publishing request and its answer, and run again until it is done. The data: 3 files × 6 days ×
 * 1,000 events of 128 values. The server: the emulator with faults (429 10 %, 500 5 %, reset 2 %), without
 * deduplication.
 *
 * `node dist/bench/publish-crashes.js [kills] [seed] [flags of publish]`. The flag `--resend`, which sends again
 * without asking the server, shows that the test can fail. Results of such runs are not kept.
 */
import { crashRounds } from '../spec/publish/crash-rounds.js';
import { appendResults } from './results.js';

const [kills = 50, seed = 1] = process.argv.slice(2, 4).map(Number);
const flags = process.argv.slice(4);

const rounds = await crashRounds({
  kills,
  seed,
  files: 3,
  rows: 5_000,
  days: 6,
  rowsPerDay: 1_000,
  dimensions: 128,
  faults: '429:0.1,500:0.05,reset:0.02',
  killsPerRound: 17,
  flags,
  onKill: ({ round, kill, moment, milliseconds, inDoubt, found, resent }) =>
    console.log(
      `round ${round} kill ${kill}: ${moment} ${milliseconds} ms, in doubt ${inDoubt}, found ${found}, re-sent ${resent}`,
    ),
});
const rows = rounds.flatMap(({ kills: inRound, expected, stored, different }) =>
  inRound.map(({ round, kill, moment, milliseconds, states, inDoubt, found, resent }) => ({
    seed,
    round,
    kill,
    moment,
    milliseconds,
    state_at_kill: Object.entries(states)
      .map(([state, count]) => `${count} ${state}`)
      .join(' '),
    in_doubt: inDoubt,
    found_in_read_back: found,
    re_sent: resent,
    events_expected: expected,
    events_stored: stored,
    duplicates: stored - different,
  })),
);
for (const { round, runs, expected, stored, different } of rounds) {
  console.log(`round ${round}: ${runs} runs, ${stored} of ${expected} events stored, ${stored - different} twice`);
}
if (flags.length === 0) console.log(await appendResults('publish-crashes.csv', rows));
if (rounds.some(({ expected, stored, different }) => stored !== expected || different !== expected))
  process.exitCode = 1;
