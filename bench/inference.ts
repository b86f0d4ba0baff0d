/**
 * Images a second, image-drift's backends beside onnxruntime-node, tfjs's own GraphModel and PyTorch, on the same
 * weights and images:
 *
 *     npm run bench -- [--networks resnet18,resnet50] [--sizes 32x64,224x16] [--engines ours/wasm,pytorch] [--threads 1,2]
 *                      [--rounds 5] [--seconds 2] [--no-save]
 *
 * A size is PIXELSxBATCH. Engines take turns, so that a machine that slows down slows all of them; medians of the rounds
 * are compared, and the ratio is what counts. Outputs are compared first: an engine that computes something else is not
 * measured. Each is a process of its own; the others wait. What is not there is left out, with a line that says so.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENGINE_NAMES, loadBackend } from '../engine/index.js';
import { machine, median } from './machine.js';
import { EngineProcess } from './peers/engine-process.js';
import { type Workload, writeInputs } from './peers/inputs.js';
import { hasPeer, PEERS_FOLDER, pythonScript, pythonWithTorch } from './peers/installed.js';
import type { EngineTask } from './peers/protocol.js';
import { appendResults } from './results.js';

/** Relative to the largest value: float32 in two orders of summation. */
const TOLERANCE = 1e-5;
/** What ratios are taken to, where it is measured. */
const YARDSTICK = 'pytorch';

const { values: flags } = parseArgs({
  options: {
    networks: { type: 'string', default: 'resnet18,resnet50' },
    sizes: { type: 'string', default: '32x64,224x16' },
    engines: { type: 'string' },
    threads: { type: 'string', default: [...new Set([1, availableParallelism()])].join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    'no-save': { type: 'boolean', default: false },
  },
});

interface Candidate {
  name: string;
  command: readonly string[];
  backend: string;
  /** Whether its number of threads can be set. */
  threaded: boolean;
}

async function candidates(): Promise<Candidate[]> {
  const script = (name: string) => [process.execPath, fileURLToPath(new URL(`./peers/${name}.js`, import.meta.url))];
  const found: Candidate[] = [];
  for (const backend of ENGINE_NAMES) {
    const name = `ours/${backend}`;
    const { ok, kind, reason } = await (await loadBackend(backend)).availability();
    // Both take minutes for one batch, and are there to be right.
    const slow = backend === 'cpu' || kind === 'software-gpu';
    if (!ok) skip(name, reason);
    else if (!slow || flags.engines?.split(',').includes(name)) {
      found.push({ name, command: script('ours'), backend, threaded: kind === 'cpu' });
    } else skip(name, 'measured only when named with --engines');
  }
  const peer = (name: string, packages: string, command: readonly string[], threaded: boolean) => {
    if (hasPeer(packages)) found.push({ name, command, backend: '', threaded });
    else skip(name, `${packages} is not in bench/node_modules`);
  };
  peer('onnxruntime-node', 'onnxruntime-node', script('onnxruntime'), true);
  peer('tfjs GraphModel', '@tensorflow/tfjs-converter', script('graph-model'), false);
  const python = pythonWithTorch();
  if (python === null) skip(YARDSTICK, 'no Python with torch and torchvision; name one in IMAGE_DRIFT_PYTHON');
  else found.push({ name: YARDSTICK, command: [python, pythonScript('pytorch.py')], backend: '', threaded: true });
  return flags.engines === undefined ? found : found.filter(({ name }) => flags.engines?.split(',').includes(name));
}

function skip(name: string, reason: string): void {
  console.log(`left out: ${name}: ${reason}`);
}

function largestDifference(reference: Float32Array, other: Float32Array): number {
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return reference.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN))), 0) / largest;
}

async function startAll(
  found: readonly Candidate[],
  task: Omit<EngineTask, 'threads' | 'output' | 'backend'>,
  folder: string,
): Promise<EngineProcess[]> {
  const started: EngineProcess[] = [];
  let reference: Float32Array | null = null;
  for (const { name, command, backend, threaded } of found) {
    for (const threads of threaded ? flags.threads.split(',').map(Number) : [1]) {
      const output = join(folder, `output-${started.length}.f32`);
      const engine = await EngineProcess.start(name, command, { ...task, threads, output, backend });
      started.push(engine);
      reference ??= await engine.output();
      const difference = largestDifference(reference, await engine.output());
      if (!(difference <= TOLERANCE)) throw new Error(`${name}: differs by ${difference} of the largest value`);
    }
  }
  return started;
}

async function measure(workload: Workload, found: readonly Candidate[], folder: string): Promise<void> {
  const task = await writeInputs(folder, workload);
  const engines = await startAll(found, task, folder);
  try {
    const rates = engines.map(() => [] as number[]);
    const batches: number[] = [];
    for (const engine of engines) {
      const least = 2 * engine.task.threads;
      batches.push(Math.max(least, Math.round((Number(flags.seconds) * (await engine.rate(least))) / workload.batch)));
    }
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, engine] of engines.entries()) rates[i]!.push(await engine.rate(batches[i]!));
    }
    await report(workload, engines, rates);
  } finally {
    for (const engine of engines) engine.stop();
  }
}

async function report(workload: Workload, engines: readonly EngineProcess[], rates: number[][]): Promise<void> {
  const rateOf = (name: string, threads: number): number | undefined => {
    const index = engines.findIndex((engine) => engine.name === name && engine.task.threads === threads);
    return index < 0 ? undefined : median(rates[index]!);
  };
  const rows = engines.map(({ name, version, task: { threads } }, i) => {
    const rate = median(rates[i]!);
    const yardstick = rateOf(YARDSTICK, threads);
    return {
      ...machine(),
      network: workload.network,
      size: workload.size,
      batch: workload.batch,
      engine: name,
      version,
      threads,
      rounds: rates[i]!.length,
      images_per_second: Number(rate.toPrecision(4)),
      slowest_round: Number(Math.min(...rates[i]!).toPrecision(4)),
      fastest_round: Number(Math.max(...rates[i]!).toPrecision(4)),
      ratio_to_pytorch: yardstick === undefined ? '' : Number((rate / yardstick).toFixed(3)),
    };
  });
  console.table(rows.map(({ date: _, cpu: __, cores: ___, node: ____, ...shown }) => shown));
  if (!flags['no-save']) console.log(`appended to ${await appendResults('inference.csv', rows)}`);
}

// Our own backends look for optional packages beside the package and in the current folder.
process.chdir(PEERS_FOLDER);
const folder = await mkdtemp(join(tmpdir(), 'image-drift-bench-'));
try {
  const found = await candidates();
  for (const network of flags.networks.split(',')) {
    for (const sizes of flags.sizes.split(',')) {
      const [size = 0, batch = 0] = sizes.split('x').map(Number);
      await measure({ network, size, batch }, found, folder);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
