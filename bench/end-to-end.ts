/**
 * From an npz of CIFAR-10 images to a parquet file of events: our command line, including its start, beside Fiddler's
 * notebook in PyTorch (`notebook_loop.py`): its loop alone, and from the shell to a parquet file if its Python has
 * pandas and pyarrow.
 *
 *     node dist/bench/end-to-end.js [--count 20000] [--rounds 5] [--backends simd,onnxruntime] [--node PATH,PATH]
 *                                   [--no-notebook] [--no-save]
 *
 * Runs take turns; the speedup is the median of the rounds' speedups. simd runs with all threads and with one. Needs
 * the shared data. What is missing is left out with a line. Runs are right equally often, except for CLOSE_CALLS.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertCheckpoint } from '../convert/index.js';
import { ENGINE_NAMES, loadBackend } from '../engine/index.js';
import { sharedData, temporaryFolder } from '../spec/support/places.js';
import { runCli } from './cli-run.js';
import { firstImages } from './image-parts.js';
import { machine, median, type NodeBinary, nodeBinaries } from './machine.js';
import { PEERS_FOLDER, pythonWithTorch } from './peers/protocol.js';
import { appendResults, flagsOf } from './results.js';

const TRANCHES = ['reference', 'production_1', 'production_2', 'production_3'];
const NOTEBOOK = fileURLToPath(new URL('../../bench/notebook_loop.py', import.meta.url));
const NOTEBOOK_NAME = 'notebook loop, PyTorch';
const WHOLE_NOTEBOOK_NAME = 'notebook, shell to parquet';
/** Share of the images whose best classes are equally likely: the last bit of a sum decides. */
const CLOSE_CALLS = 1e-4;

const flags = flagsOf({
  ...{ count: '20000', rounds: '5', backends: 'simd,onnxruntime,tensorflow', node: undefined },
  ...({ 'no-notebook': false, 'no-save': false } as const),
});

interface Result {
  seconds: number;
  correct: number;
}

interface Contestant {
  engine: string;
  version: string;
  threads: number;
  /** Version of Node that ran it; empty for Python. */
  node: string;
  run(): Promise<Result>;
}

async function ours(backend: string, threads: number, node: NodeBinary, inputs: Inputs): Promise<Contestant | null> {
  const engine = ENGINE_NAMES.find((name) => name === backend);
  if (engine === undefined) throw new Error(`${backend}: one of ${ENGINE_NAMES.join(', ')} is needed`);
  const { ok, reason, version } = await (await loadBackend(engine)).availability();
  if (!ok) {
    console.log(`left out: ${backend}: ${reason}`);
    return null;
  }
  const args = ['embed', inputs.images, '--weights', inputs.weights, '--out', inputs.out, '--json', '--quiet'];
  args.push('--backend', backend, '--threads', String(threads));
  return {
    engine: `image-drift ${backend}`,
    version: versionOf(backend, version),
    threads,
    node: node.version,
    async run() {
      const { seconds, stdout } = await runCli(args, inputs.probe, node.path);
      return { seconds, correct: (JSON.parse(stdout) as { correct: number }).correct };
    },
  };
}

/** Empty for `simd`, whose only version is that of Node, which has a column of its own. */
function versionOf(backend: string, version: string | null | undefined): string {
  return backend === 'simd' ? '' : (version ?? '');
}

interface NotebookResult extends Result {
  version: string;
  pandas: boolean;
}

/** @param whole true: from the shell to the parquet file; false: only the loop */
function notebook(python: string, whole: boolean, inputs: Inputs): Contestant {
  const contestant: Contestant = {
    engine: whole ? WHOLE_NOTEBOOK_NAME : NOTEBOOK_NAME,
    version: '',
    threads: availableParallelism(),
    node: '',
    async run() {
      const args = [NOTEBOOK, inputs.checkpoint, inputs.images, String(availableParallelism())];
      const start = performance.now();
      const { status, stdout, stderr } = spawnSync(python, whole ? [...args, inputs.out] : args, { encoding: 'utf8' });
      const seconds = (performance.now() - start) / 1000;
      if (status !== 0) throw new Error(`${NOTEBOOK}: ${stderr}`);
      const told = JSON.parse(stdout) as NotebookResult;
      contestant.version = `torch ${told.version}${told.pandas ? '' : ', no pandas'}`;
      return whole ? { ...told, seconds } : told;
    },
  };
  return contestant;
}

function canWriteParquet(python: string): boolean {
  return spawnSync(python, ['-c', 'import pandas, pyarrow']).status === 0;
}

interface Inputs {
  checkpoint: string;
  weights: string;
  images: string;
  out: string;
  probe: string;
}

async function makeInputs(shared: string, folder: string): Promise<Inputs> {
  const checkpoint = join(shared, 'resnet18_cifar10_epoch5.pth');
  const weights = join(folder, 'weights');
  await convertCheckpoint(checkpoint, weights, { size: [32, 32], mean: [0.5], std: [0.5] });
  const images = join(folder, 'images.npz');
  const files = TRANCHES.map((tranche) => join(shared, 'cifar', tranche, 'image_data.npz'));
  await firstImages(files, Number(flags.count), images);
  return { checkpoint, weights, images, out: join(folder, 'events.parquet'), probe: join(folder, 'probe.json') };
}

async function contestants(inputs: Inputs): Promise<Contestant[]> {
  const found: Contestant[] = [];
  for (const backend of flags.backends.split(',')) {
    const all = availableParallelism();
    for (const threads of backend === 'simd' ? [...new Set([all, 1])] : [all]) {
      for (const node of nodes) {
        const contestant = await ours(backend, threads, node, inputs);
        if (contestant !== null) found.push(contestant);
      }
    }
  }
  if (flags['no-notebook']) return found;
  const python = pythonWithTorch();
  if (python === null) console.log('left out: the notebook: no Python with torch; name one in IMAGE_DRIFT_PYTHON');
  else {
    found.push(notebook(python, false, inputs));
    if (canWriteParquet(python)) found.push(notebook(python, true, inputs));
    else console.log('left out: the notebook with its parquet file: that Python has no pandas or no pyarrow');
  }
  return found;
}

function rowsOf(all: readonly Contestant[], seconds: readonly number[][]) {
  const secondsOf = (wanted: (one: Contestant) => boolean): number[] | undefined => seconds[all.findIndex(wanted)];
  /** Median over the rounds of the other's time divided by mine. */
  const speedup = (mine: readonly number[], other: readonly number[] | undefined): number | '' =>
    other === undefined ? '' : Number(median(mine.map((one, round) => other[round]! / one)).toFixed(3));
  return all.map(({ engine, version, threads, node }, i) => {
    const mine = seconds[i]!;
    const notebook = secondsOf((one) => one.engine === NOTEBOOK_NAME);
    const oneThread = secondsOf((one) => one.engine === engine && one.node === node && one.threads === 1);
    const whole = secondsOf((one) => one.engine === WHOLE_NOTEBOOK_NAME);
    return {
      ...machine(),
      node,
      images: Number(flags.count),
      engine,
      version,
      threads,
      rounds: mine.length,
      seconds: Number(median(mine).toFixed(2)),
      fastest: Number(Math.min(...mine).toFixed(2)),
      slowest: Number(Math.max(...mine).toFixed(2)),
      images_per_second: Math.round(Number(flags.count) / median(mine)),
      speedup_over_notebook: speedup(mine, notebook),
      speedup_over_one_thread: threads === 1 ? '' : speedup(mine, oneThread),
      speedup_over_whole_notebook: speedup(mine, whole),
    };
  });
}

if (sharedData === null) throw new Error('the shared test data is not there: see IMAGE_DRIFT_SHARED');
// Our own backends look for optional packages beside the package and in the current folder.
process.chdir(PEERS_FOLDER);
const nodes = nodeBinaries(flags.node);
const folder = temporaryFolder();
const all = await contestants(await makeInputs(sharedData, folder));
const seconds = all.map(() => [] as number[]);
const correct: number[] = [];
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const [i, contestant] of all.entries()) {
    const result = await contestant.run();
    seconds[i]!.push(result.seconds);
    correct.push(result.correct);
    console.log(
      `round ${round + 1}: ${contestant.engine} ${contestant.node}, ${contestant.threads} threads: ` +
        `${result.seconds.toFixed(1)} s, ${result.correct} right`,
    );
  }
}
if (Math.max(...correct) - Math.min(...correct) > CLOSE_CALLS * Number(flags.count)) {
  throw new Error(`the engines disagree on how many are right: ${[...new Set(correct)].join(', ')}`);
}
const rows = rowsOf(all, seconds);
console.table(rows.map(({ date: _, cpu: __, cores: ___, ...shown }) => shown));
if (!flags['no-save']) console.log(`appended to ${await appendResults('end-to-end.csv', rows)}`);
