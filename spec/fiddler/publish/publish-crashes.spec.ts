/**
 * The command is killed five times, three in a slice; `spec/ci/each-event-once/` does it a hundred times.
 * @long: kills and resumptions
 */
import { amount, assert, test } from '../../support/test.js';
import { crashRounds } from './crash-rounds.js';

const KILLS = amount(5, 3);

test('killed with SIGKILL and run again, faults on: every event is stored once', async () => {
  const rounds = await crashRounds({
    kills: KILLS,
    seed: 11,
    files: 2,
    rows: 300,
    days: 3,
    rowsPerDay: 200,
    dimensions: 8,
    faults: '429:0.1,500:0.05,reset:0.02',
    killsPerRound: KILLS,
  });
  const kills = rounds.reduce((sum, round) => sum + round.kills, 0);
  assert.is(kills, KILLS);
  for (const { expected, stored, different } of rounds) assert.equal([stored, different], [expected, expected]);
});
