/**
 * The peak of our kernels (`peak.ts`), which the shares of other benches are of, beside OpenBLAS's sgemm with its kernels for
 * Haswell. Those use 256-bit instructions, as ours do. Beside both, the kernels that it chooses for this processor, which
 * may use 512 bits: the ratio to them bounds what 256 bits can reach here.
 *
 *     node dist/bench/peak-beside-openblas.js [--node PATH,PATH] [--rounds 7] [--no-save]
 *
 * One thread each, pinned to one core, in processes of their own that take turns: medians of the rounds, in each of which
 * the best of some repeats counts. Needs a Python with numpy; `IMAGE_DRIFT_PYTHON` names it.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { holdOnCores } from './held-cores.js';
import { ourKernels } from './laid-out.js';
import { machine, median } from './machine.js';
import { nodeBinaries } from './node-binaries.js';
import { peakRate } from './peak.js';
import { pythonScript } from './peers/installed.js';
import { appendResults } from './results.js';

const { values: flags } = parseArgs({
  options: {
    node: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    'no-save': { type: 'boolean', default: false },
    /** Set in the processes that measure. */
    measure: { type: 'boolean', default: false },
  },
});

const REPEATS = 30;
/** Large enough that packing takes little of sgemm's time, small enough for the caches. */
const SIDES = [512, 1024];
const ONE_THREAD = { OPENBLAS_NUM_THREADS: '1' };
const HASWELL = { ...ONE_THREAD, OPENBLAS_CORETYPE: 'Haswell' };

function rateOf(program: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const [command = '', ...args] = holdOnCores(program, 1).command;
  return Number(execFileSync(command, args, { encoding: 'utf8', env: { ...process.env, ...environment } }));
}

async function ourBest(): Promise<number> {
  const peak = peakRate(await ourKernels());
  return Math.max(...Array.from({ length: REPEATS }, () => peak.measure(() => performance.now())));
}

async function measureInTurns(): Promise<void> {
  const python = process.env['IMAGE_DRIFT_PYTHON'] ?? 'python3';
  const ours = (node: string) => rateOf([node, fileURLToPath(import.meta.url), '--measure']);
  const theirs = (environment: Readonly<Record<string, string>>) =>
    Math.max(
      ...SIDES.map((side) => rateOf([python, pythonScript('sgemm.py'), String(side), String(REPEATS)], environment)),
    );
  for (const { path, version } of nodeBinaries(flags.node)) {
    const rounds = Array.from({ length: Number(flags.rounds) }, () => {
      return { ours: ours(path), openblas: theirs(HASWELL), chosen: theirs(ONE_THREAD) };
    });
    const row = {
      ...machine(),
      node: version,
      rounds: rounds.length,
      ours_gigaflops: Number(median(rounds.map(({ ours }) => ours)).toPrecision(4)),
      openblas_haswell_gigaflops: Number(median(rounds.map(({ openblas }) => openblas)).toPrecision(4)),
      ratio: Number(median(rounds.map(({ ours, openblas }) => ours / openblas)).toPrecision(3)),
      openblas_chosen_gigaflops: Number(median(rounds.map(({ chosen }) => chosen)).toPrecision(4)),
      ratio_to_chosen: Number(median(rounds.map(({ ours, chosen }) => ours / chosen)).toPrecision(3)),
    };
    console.table([row]);
    if (!flags['no-save']) console.log(`appended to ${await appendResults('peak.csv', [row])}`);
  }
}

if (flags.measure) process.stdout.write(String(await ourBest()));
else await measureInTurns();
