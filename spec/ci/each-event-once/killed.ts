/** The command, killed with SIGKILL at any moment and between a request and its answer, and run again. */
import { crashRounds } from '../../fiddler/publish/crash-rounds.js';
import type { Mode } from './rounds.js';
import { newTally, type Tally } from './tally.js';

const KILLS_PER_ROUND = 10;

export async function killed(mode: Mode, kills: number, seed: number): Promise<Tally> {
  const flags = ['--rows-per-file', '200', ...(mode === 'stream' ? ['--stream'] : [])];
  const tally = newTally();
  for (const round of await crashRounds({
    kills,
    seed,
    files: 1,
    rows: 1_500,
    days: 3,
    rowsPerDay: 1_000,
    dimensions: 8,
    faults: '429:0.1,500:0.05,reset:0.02',
    killsPerRound: KILLS_PER_ROUND,
    longestRunMs: 6_000,
    lagSeconds: 2,
    flags,
  })) {
    tally.cases += round.kills.length;
    tally.runs += round.runs;
    tally.lost += round.expected - round.different;
    tally.doubled += round.stored - round.different;
  }
  return tally;
}
