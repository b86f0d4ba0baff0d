#!/usr/bin/env node
/**
 * Runs the specs. Each process runs one file after another. There is one process more than there are cores, because many
 * files wait for a server or for another process.
 *
 *     node scripts/spec.mjs [--long only|none] [--except PATH]... [--jobs N] [--limit SECONDS] [PATH...]
 *
 * A PATH is any part of a spec's path: `drift/kmeans`, `engine/`, `spec/cli/path.spec.ts`. Without one, all specs run.
 * The built files in dist/ are what runs, so build first (`npm run spec` does). The long files go first. A spec whose
 * text has `@fresh: REASON` runs in a process that ran no other. One with `@alone: REASON` needs a quiet machine: it runs
 * after the others, alone, in such a process. One with `@long: REASON` takes long,
 * and so do tests that `longTest` registers: `npm test` leaves them to `.ci/run`. What a file prints is
 * shown in one piece when the file ends. A file that dies, hangs, or has no tests (and does not say SKIPPED) is a
 * failure. The last lines are uvu's: Total, Passed, Skipped.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { byLength, findSpecs, rememberSeconds } from './spec/find.mjs';
import { SpecProcess, stopAll } from './spec/run.mjs';
import { showSpec, showSummary } from './spec/show.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    except: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: String(availableParallelism() + 1) },
    limit: { type: 'string', default: '300' },
    long: { type: 'string' },
  },
});
const jobs = Number(values.jobs);
const limitSeconds = Number(values.limit);
if (!(Number.isInteger(jobs) && jobs >= 1)) throw new Error(`--jobs ${values.jobs} is not a whole number from 1 on`);
if (!['only', 'none', undefined].includes(values.long)) throw new Error(`--long ${values.long} is not only or none`);
if (!(limitSeconds > 0)) throw new Error(`--limit ${values.limit} is not a number of seconds`);

/** Files that a process runs before another takes its place: what they leave in memory does not grow for ever. */
const FILES_A_PROCESS = 40;
/** The result of a process beside those of its files. */
const NOTHING = { output: '', total: null, passed: 0, skipped: 0, wall: 0, processor: 0 };

/** Takes specs from the list until it is empty, `jobs` at a time; resolves to their results. */
async function runAll(specs, jobs) {
  const waiting = [...specs];
  const results = [];
  const keep = (result) => {
    showSpec(result);
    results.push(result);
  };
  const finish = async (process) => {
    const failure = await process.end();
    if (failure !== null) keep({ name: 'a process of specs', failure, ...NOTHING });
  };
  const takeTurns = async () => {
    let shared = new SpecProcess();
    for (let spec = waiting.shift(); spec; spec = waiting.shift()) {
      const isShared = !spec.fresh && !spec.alone;
      const process = isShared ? shared : new SpecProcess();
      keep(await process.run(spec, limitSeconds));
      if (isShared && shared.files < FILES_A_PROCESS) continue;
      await finish(process);
      if (isShared) shared = new SpecProcess();
    }
    await finish(shared);
  };
  await Promise.all(Array.from({ length: jobs }, takeTurns));
  return results;
}

process.on('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
// `… | head` ends the pipe early.
process.stdout.on('error', () => process.exit(1));

// Specs of which some tests are long run both times; each time, they leave out the other tests.
if (values.long) process.env['IMAGE_DRIFT_LONG'] = values.long;
const isAsked = ({ long, longTests }) =>
  values.long === undefined || long === (values.long === 'only') || (longTests && values.long === 'only');
const specs = findSpecs(positionals, values.except).filter(isAsked);
if (specs.length === 0) {
  console.error(`no spec has ${positionals.join(' or ')} in its path`);
  process.exit(1);
}
const started = performance.now();
const results = [
  ...(await runAll(byLength(specs.filter((spec) => !spec.alone)), jobs)),
  ...(await runAll(byLength(specs.filter((spec) => spec.alone)), 1)),
];
rememberSeconds(results);
showSummary(results, (performance.now() - started) / 1000);
process.exitCode = results.every(({ failure }) => failure === null) ? 0 : 1;
