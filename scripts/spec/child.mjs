/**
 * A process that runs spec files one after another: modules are loaded once, and the process that runs commands for the
 * specs stays warm. The parent sends `{ name, file }`; this loads the file, has its tests run, and answers
 * `{ status, processor }`: uvu's exit code, and the seconds of processor time since the last answer, with those of its
 * children if the system reports them, and of the processes that it keeps warm for the command line. Before the answer it
 * writes END to both outputs, so the parent knows what the file has printed.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { END } from './end.mjs';

/** The unit in which Linux counts: `getconf CLK_TCK` is 100 on every architecture that Node runs on. */
const TICKS_A_SECOND = 100;
const environment = { ...process.env };
const folder = process.cwd();
let counted = 0;

// As uvu's own command does: no file runs its tests by itself.
globalThis.UVU_DEFER = true;
const { exec } = await import('uvu');
const { queueTests } = await import('../../dist/spec/support/test.js');

function processorSeconds() {
  if (process.platform === 'linux') {
    // The name in brackets may hold blanks. utime, stime, cutime and cstime are the 12th to 15th fields after it.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_A_SECOND;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What a file has changed of the process is not the next one's. */
function restore() {
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.exitCode = undefined;
}

function written(stream) {
  return new Promise((resolve) => stream.write(END, resolve));
}

process.on('message', async (spec) => {
  // A spec that waits for nothing ends the process, which the parent sees: the channel alone does not keep it.
  process.channel.unref();
  // uvu keeps the suites of the files before.
  globalThis.UVU_QUEUE = [[spec.name]];
  globalThis.UVU_INDEX = 0;
  await import(pathToFileURL(spec.file));
  queueTests();
  await exec();
  process.channel.ref();
  const status = process.exitCode ?? 0;
  restore();
  const total = processorSeconds() + (globalThis.warmSeconds ?? 0);
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.send({ status, processor: total - counted });
  counted = total;
});
