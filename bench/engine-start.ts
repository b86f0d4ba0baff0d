/**
 * The cost of our own kernels before the first batch: loading modules, reading weights, compiling and testing kernels,
 * packing and transforming weights, and the first batch compared with later ones.
 *
 *     node dist/bench/engine-start.js [--network resnet18] [--size 32x64] [--precision float32] [--node PATH,PATH]
 *                                     [--runs 9] [--no-save]
 *
 * Each run has its own process, with one thread and all cores; medians are reported. `first` searches for the fastest
 * kernels, as the first start on a machine does. `known` is every later start: the kernels are remembered and only
 * tested. `start` is the cost of our kernels and of preparing the weights. `load_and_start` adds reading and checking
 * the 45 MB of weights, which every engine needs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from './machine.js';
import { nodeBinaries } from './node-binaries.js';
import { writeInputs } from './peers/inputs.js';
import { appendResults } from './results.js';

const { values: flags } = parseArgs({
  options: {
    network: { type: 'string', default: 'resnet18' },
    size: { type: 'string', default: '32x64' },
    precision: { type: 'string', default: 'float32' },
    node: { type: 'string' },
    runs: { type: 'string', default: '9' },
    'no-save': { type: 'boolean', default: false },
    /** Folder of the weights; passed to the processes that measure. */
    weights: { type: 'string' },
  },
});

const [size = 0, batch = 0] = flags.size.split('x').map(Number);

interface Phases {
  modules: number;
  /** Reading the weights, checking hash and values. */
  weights: number;
  /** Folding batch norms, fusing activations. */
  graph: number;
  /** Compiling and testing the kernels; at the first start also the search. */
  kernels: number;
  /** Packing and transforming the weights. */
  pack: number;
  /** Making the tables and parameters of the calls. */
  plan: number;
  first_batch: number;
  later_batch: number;
}

/** Measures a start in this process, which must not have done anything before. */
async function startHere(folder: string): Promise<Phases> {
  let at = performance.now();
  const lap = () => {
    const now = performance.now();
    const spent = now - at;
    at = now;
    return spent;
  };
  const { asPlanPrecision, LaidOut, modelOf, ourKernels } = await import('./laid-out.js');
  const { readWeights } = await import('../weights/index.js');
  const { makeEarly, takeMemory } = await import('../engine/backends/simd/memory/early-memory.js');
  const modules = lap();
  const read = await readWeights(folder, makeEarly);
  const weights = lap();
  const model = modelOf(read);
  const graph = lap();
  const precision = asPlanPrecision(flags.precision);
  const found = await ourKernels(precision);
  const kernels = lap();
  const shape = { images: batch, height: size, width: size };
  const laidOut = new LaidOut(model, read, found, await takeMemory());
  laidOut.plan(shape, precision);
  const all = lap();
  // Weights are packed now, so this measures the plan alone.
  const again = laidOut.plan(shape, precision);
  const plan = lap();
  const calls = laidOut.calls(again, new Uint8Array(batch * size * size * 3).fill(100));
  const compute = () => {
    const start = performance.now();
    for (const { run } of calls) run();
    return performance.now() - start;
  };
  const first = compute();
  const later = median(Array.from({ length: 9 }, compute));
  return { modules, weights, graph, kernels, pack: all - plan, plan, first_batch: first, later_batch: later };
}

function startApart(node: string, folder: string, cache: string): Phases {
  const args = ['--weights', folder, '--size', flags.size, '--precision', flags.precision];
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  return JSON.parse(execFileSync(node, [fileURLToPath(import.meta.url), ...args], { encoding: 'utf8', env }));
}

/** Uses its own cache folder, emptied before each `first` start. */
function runs(node: string, folder: string, cache: string, isFirst: boolean): Phases[] {
  return Array.from({ length: Number(flags.runs) }, () => {
    if (isFirst) rmSync(cache, { recursive: true, force: true });
    return startApart(node, folder, cache);
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'image-drift-engine-start-'));
  try {
    const { weights } = await writeInputs(folder, { network: flags.network, size, batch });
    for (const { path, version } of nodeBinaries(flags.node)) {
      const rows = ['first', 'known'].map((start) => {
        const all = runs(path, weights, join(folder, 'cache'), start === 'first');
        const middle = (of: (phases: Phases) => number) => Number(median(all.map(of)).toFixed(1));
        const names = Object.keys(all[0]!) as (keyof Phases)[];
        return {
          ...machine(),
          node: version,
          network: flags.network,
          size,
          batch,
          precision: flags.precision,
          kernels_are: start,
          runs: all.length,
          start_ms: middle(({ kernels, pack, plan }) => kernels + pack + plan),
          load_and_start_ms: middle(({ weights, kernels, pack, plan }) => weights + kernels + pack + plan),
          fastest_start_ms: Number(Math.min(...all.map(({ kernels, pack, plan }) => kernels + pack + plan)).toFixed(1)),
          ...Object.fromEntries(names.map((name) => [`${name}_ms`, middle((phases) => phases[name])])),
        };
      });
      console.table(rows.map(({ date: _, cpu: __, cores: ___, ...shown }) => shown));
      if (!flags['no-save']) console.log(`appended to ${await appendResults('engine-start.csv', rows)}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (flags.weights === undefined) await main();
else process.stdout.write(JSON.stringify(await startHere(flags.weights)));
