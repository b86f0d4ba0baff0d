/**
 * False alarms of the default of `drift`, and of each method alone: how often they call a quiet window drift at a
 * nominal 5 %. Each baseline is drawn and fitted anew, and has one window of each size, with no row of its own, judged
 * as a user's is. The first baselines of each cell go through the whole report, too, which must agree. A run appends a
 * line for each cell and method; `summary` adds up all seeds in `calibration-vote-summary.csv`. Given methods are
 * judged instead of the default, whether they vote or not.
 *
 *     npm run bench -- vote [baselines] [seed] [cells, as i,j,k] [methods, as psi,labels]
 *     npm run bench -- vote summary
 */

import { Random } from '../base/index.js';
import { driftReport, fitProfile, methodsByName, type Profile, type WindowSummary } from '../drift/index.js';
import { type Cell, CLASSES, cellsHere, populations } from './populations.js';
import { appendResults, cellsOf, readResults, writeResults } from './results.js';
import { summaryOf } from './rows.js';
import { eachAlone, isAlarm, type Vote, votesOn } from './voters.js';

const CELLS: readonly Cell[] = cellsOf('vote');
const ALPHA = 0.05;
/** As many as a p-value of a twentieth of a vote needs. */
const DRAWS = 799;
/** Baselines of a cell whose windows go through the whole report, too. */
const CHECKED = 3;
const RUNS = 'calibration-vote.csv';

const [first, givenSeed, chosen, givenMethods] = process.argv.slice(2);
const [baselines, seed] = [Number(first ?? 100), Number(givenSeed ?? 1)];
const methods = givenMethods === undefined ? null : methodsByName(givenMethods.split(','));

interface Counted {
  alarms: number;
  windows: number;
}

/** The report of a user decides the same. */
function checkReport(profile: Profile, summary: WindowSummary, votes: readonly Vote[], index: number): void {
  const options = { alpha: ALPHA, draws: DRAWS, seed: index };
  const { verdict } = driftReport(profile, [{ name: 'window', summary }], options).windows[0]!;
  if ((verdict === 'drift') !== isAlarm(votes, ALPHA)) throw new Error(`baseline ${index}: the report says ${verdict}`);
}

async function measure({ population: name, baselineRows, windowRows }: Cell): Promise<void> {
  const population = await populations(seed)[name]!();
  /** By rows of the window and method: alarms, and windows with a p-value. */
  const counts = new Map<string, Counted>();
  const note = (rows: number, method: string, isDrift: boolean) =>
    add(counts, `${rows}/${method}`, { alarms: Number(isDrift), windows: 1 });
  for (let index = 0; index < baselines; index++) {
    const { baseline, window } = population.draw(baselineRows, Random.stream(seed, index));
    const profile = fitProfile(baseline, { classes: CLASSES }, { restarts: 1, seed: index });
    for (const rows of windowRows) {
      const summary = summaryOf(profile, window(rows));
      const options = { alpha: ALPHA, draws: DRAWS, seed: index, decideAt: ALPHA };
      const votes = methods ? eachAlone(methods, profile, summary, options) : votesOn(profile, summary, options);
      if (votes.length === 0) continue;
      if (methods === null) {
        if (index < CHECKED) checkReport(profile, summary, votes, index);
        note(rows, 'default', isAlarm(votes, ALPHA));
      }
      for (const { method, p } of votes) note(rows, method, p <= ALPHA);
    }
  }
  const rows = [...counts].map(([key, counted]) => {
    const [size, method] = key.split('/');
    const cell = { data: name, method: method!, baseline_rows: baselineRows, window_rows: Number(size), seed };
    return { ...cell, ...sharesOf(counted) };
  });
  console.table(rows, ['data', 'method', 'window_rows', 'windows', 'share']);
  await appendResults(RUNS, rows);
}

function add(counts: Map<string, Counted>, key: string, more: Counted): void {
  const { alarms, windows } = counts.get(key) ?? { alarms: 0, windows: 0 };
  counts.set(key, { alarms: alarms + more.alarms, windows: windows + more.windows });
}

function sharesOf({ alarms, windows }: Counted) {
  const share = alarms / windows;
  const error = Math.sqrt((share * (1 - share)) / windows);
  return { windows, alarms, share: share.toFixed(4), standard_error: error.toFixed(4) };
}

/** What all runs so far say of each cell, then of each method in all cells together. */
async function summarize(): Promise<void> {
  const runs = readResults(RUNS);
  const ofCells = added(runs, ({ data, baseline_rows, window_rows }) => [data!, baseline_rows!, window_rows!]);
  const rows = [...ofCells, ...added(runs, () => ['all', '', ''])];
  console.table(rows.filter(({ method }) => method === 'default'));
  await writeResults('calibration-vote-summary.csv', rows);
}

/** @param cellOf data, rows of the baseline and rows of the window */
function added(runs: readonly Record<string, string>[], cellOf: (run: Record<string, string>) => string[]) {
  const counts = new Map<string, Counted>();
  for (const run of runs) {
    const key = JSON.stringify([...cellOf(run), run['method']]);
    add(counts, key, { alarms: Number(run['alarms']), windows: Number(run['windows']) });
  }
  return [...counts].map(([key, counted]) => {
    const [data, baselineRows, windowRows, method] = JSON.parse(key) as string[];
    const cell = { data: data!, method: method!, baseline_rows: baselineRows!, window_rows: windowRows! };
    return { ...cell, ...sharesOf(counted) };
  });
}

if (first === 'summary') await summarize();
else {
  const asked = chosen?.split(',').map((i) => CELLS[Number(i)]!) ?? CELLS;
  for (const cell of cellsHere(asked, seed)) await measure(cell);
}
