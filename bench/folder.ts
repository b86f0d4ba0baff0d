/**
 * A folder of JPEGs of 500×375 through a network of timm, from the shell to parquet: `convert`ed weights and `embed`,
 * beside timm itself on PyTorch with its transform, a DataLoader and pyarrow (`timm_folder.py`), as a whole process, too.
 *
 *     IMAGE_DRIFT_PYTHON=… npm run bench -- folder [--networks vit_base_patch16_224,resnet50] [--count 2000] [--rounds 1]
 *                                                  [--photos FOLDER] [--node PATH,PATH] [--no-save]
 *
 * Weights are random, of a fixed seed, and the same for both. Runs take turns, on all cores. The embeddings are compared.
 * `decode`, `resize` and `compute` are processor seconds of our parts, each alone; `python_start` and `python_compute` are
 * seconds of theirs. Needs a Python with torch, timm, safetensors and pyarrow.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { convertCheckpoint } from '../convert/index.js';
import { openEvents } from '../data/index.js';
import { collectEvents } from '../spec/data/support/event-tables.js';
import { readWholeArray } from '../spec/support/npz-array.js';
import { runCli } from './cli-run.js';
import { partsAlone } from './image-parts.js';
import { largestDifference } from './largest-difference.js';
import { machine, median } from './machine.js';
import { nodeBinaries } from './node-binaries.js';
import { pythonWithTorch } from './peers/installed.js';
import { type PeerRun, peerRun } from './peers/peer-run.js';
import { photographsOf } from './photographs.js';
import { appendResults } from './results.js';

const SCRIPT = fileURLToPath(new URL('../../bench/timm_folder.py', import.meta.url));
/** A share of the largest value. */
const TOLERANCE = 1e-4;
/** Images whose parts are measured alone. */
const MEASURED_ALONE = 200;

const { values: flags } = parseArgs({
  options: {
    networks: { type: 'string', default: 'vit_base_patch16_224,resnet50' },
    count: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '1' },
    photos: { type: 'string' },
    node: { type: 'string' },
    'no-save': { type: 'boolean', default: false },
  },
});

interface Told {
  torch: string;
  timm: string;
  start: number;
  loop: number;
  compute: number;
  write: number;
}

const interpreter = pythonWithTorch() ?? '';
if (interpreter === '') throw new Error('no Python with torch; name one in IMAGE_DRIFT_PYTHON');
const nodes = nodeBinaries(flags.node);
const cores = machine().cores;
const folder = mkdtempSync(join(tmpdir(), 'image-drift-folder-'));
const images = join(folder, 'images');

function python(name: string, out: string): PeerRun<Told> {
  return peerRun(interpreter, SCRIPT, 'run', name, join(folder, name), images, out, String(cores));
}

/** @throws Error if the embeddings are not those of PyTorch */
async function errorOf(ours: string, theirs: string): Promise<number> {
  const expected = (await readWholeArray(theirs, 'embeddings')).values as Float32Array;
  const events = await openEvents(ours);
  const { embeddings } = await collectEvents(events);
  await events.close();
  const error = largestDifference(embeddings, expected);
  if (!(error <= TOLERANCE)) throw new Error(`the embeddings differ by ${error} of the largest value`);
  return Number(error.toExponential(1));
}

async function measure(name: string): Promise<void> {
  execFileSync(interpreter, [SCRIPT, 'model', name, join(folder, name)]);
  const weights = join(folder, `${name}-weights`);
  await convertCheckpoint(join(folder, name), weights, {});
  const [ours, theirs, probe] = ['ours.parquet', 'theirs.parquet', 'probe.json'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  const args = ['embed', images, '--weights', weights, '--out', ours, '--backend', 'simd', '--quiet'];
  const seconds = nodes.map((): number[] => []);
  const peers: PeerRun<Told>[] = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [i, node] of nodes.entries()) seconds[i]!.push((await runCli(args, probe, node.path)).seconds);
    peers.push(python(name, theirs));
  }
  const error = await errorOf(ours, `${theirs}.npz`);
  const alone = await partsAlone(images, weights, MEASURED_ALONE);
  const rows = nodes.map(({ version }, i) => ({
    ...machine(),
    node: version,
    torch: peers[0]!.told.torch,
    timm: peers[0]!.told.timm,
    network: name,
    images: Number(flags.count),
    rounds: Number(flags.rounds),
    seconds: rounded(median(seconds[i]!)),
    python_seconds: rounded(median(peers.map((run) => run.seconds))),
    ratio: rounded(median(peers.map((run, round) => run.seconds / seconds[i]![round]!))),
    decode: rounded(alone.decode),
    resize: rounded(alone.resize),
    compute: rounded(alone.compute),
    python_start: rounded(median(peers.map(({ told }) => told.start))),
    python_compute: rounded(median(peers.map(({ told }) => told.compute))),
    error,
  }));
  console.table(rows, ['node', 'network', 'images', 'seconds', 'python_seconds', 'ratio', 'error']);
  if (!flags['no-save']) console.log(`appended to ${await appendResults('folder.csv', rows)}`);
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

try {
  execFileSync(interpreter, [SCRIPT, 'photos', flags.photos ?? photographsOf(folder), images, flags.count]);
  for (const name of flags.networks.split(',')) await measure(name);
} finally {
  rmSync(folder, { recursive: true });
}
