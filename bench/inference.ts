/**
 * Images a second: image-drift's backends beside onnxruntime-node, transformers.js and PyTorch, on the same weights and
 * images.
 *
 *     npm run bench -- [--networks resnet18,resnet50] [--sizes 32x64,224x8] [--engines "ours/simd,ours/simd exact,pytorch"]
 *                      [--threads 1,2] [--node PATH,PATH] [--rounds 5] [--seconds 2] [--no-save]
 *
 * `--networks modern` are those after ResNet (`networks.ts`). A size is PIXELSxBATCH. A batch of uint8 pixels `[N, H,
 * W, 3]` in memory goes in; the embeddings and the softmax of 1,000 classes come out. Each engine normalises the pixels
 * itself.
 * - **One thread**: every process is pinned to one core (Linux's `taskset`), with its helper threads.
 * - **Two threads**: two cores. Ours are two workers with a batch each, as in `Embedder`; onnxruntime-node and PyTorch
 *   split every batch of the same size between their threads, all that they offer with one session.
 * - **PyTorch** takes vision transformers from timm, and the others from torchvision.
 * - **onnxruntime-node** runs the graph that PyTorch's exporter would write, without our passes.
 * - **transformers.js** runs the same file through its `AutoModel`, on the onnxruntime that it brings.
 * Each engine has its own process and is warmed up. They take turns round by round, so a slow machine slows all of
 * them. Rates are medians over the rounds; a ratio is the median of the rounds' ratios. An engine with different
 * outputs is not measured. With several Node binaries everything is measured once for each, including PyTorch.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../spec/support/places.js';
import { relativeError } from '../spec/support/relative-error.js';
import { type Candidate, candidates, ONNXRUNTIME, PYTORCH, TRANSFORMERS } from './candidates.js';
import { holdOnCores, machine, median, type NodeBinary, nodeBinaries } from './machine.js';
import { networksOf } from './networks.js';
import { scoresOf, type Workload, writeInputs } from './peers/inputs.js';
import { EngineProcess, type EngineTask, PEERS_FOLDER } from './peers/protocol.js';
import { appendResults, flagsOf } from './results.js';

/** Relative to the largest value: two float32 summation orders, each within 1e-5 of the truth. */
const TOLERANCE = 2e-5;
/** Absolute difference of probabilities: the softmax magnifies the last bits of large logits. */
const SCORE_TOLERANCE = 1e-3;

const flags = flagsOf({
  ...{ networks: 'resnet18,resnet50,vgg16_bn,mobilenet_v2', sizes: '32x64,224x8', engines: undefined },
  ...{ threads: [...new Set([1, availableParallelism()])].join(','), node: undefined },
  ...({ rounds: '5', seconds: '2', 'warm-up': '3', 'no-save': false } as const),
});

interface Contestant {
  name: string;
  task: EngineTask;
  process: EngineProcess;
  cores: string;
  /** Images a second, by round. */
  rates: number[];
}

/** Images a second over this number of batches. */
async function rateOf({ process, task }: Contestant, batches: number): Promise<number> {
  return (batches * task.rows) / (await process.seconds(batches));
}

async function start(
  found: readonly Candidate[],
  node: NodeBinary,
  workload: Workload,
  folder: string,
): Promise<Contestant[]> {
  const task = await writeInputs(folder, workload);
  const started: Contestant[] = [];
  for (const { name, command: commandOf, backend, precision, threaded } of found) {
    for (const threads of threaded ? flags.threads.split(',').map(Number) : [1]) {
      const output = join(folder, `output-${started.length}.f32`);
      const { command, cores } = holdOnCores(commandOf(node.path), threads);
      const own = { ...task, threads, output, backend, precision, warmUpSeconds: Number(flags['warm-up']) };
      started.push({ name, task: own, process: await EngineProcess.start(command, own), cores, rates: [] });
    }
  }
  return started;
}

/** @throws Error if an engine's outputs differ from PyTorch's, or from the first engine's without PyTorch */
async function compareOutputs(all: readonly Contestant[], workload: Workload): Promise<void> {
  const split = async ({ task }: Contestant) => {
    const output = new Float32Array(Uint8Array.from(await readFile(task.output)).buffer);
    const scores = scoresOf(workload);
    return { embeddings: output.subarray(0, -scores), scores: output.subarray(-scores) };
  };
  const reference = await split(all.find(({ name }) => name === PYTORCH) ?? all[0]!);
  for (const contestant of all) {
    const { embeddings, scores } = await split(contestant);
    const difference = relativeError(embeddings, reference.embeddings);
    const ofScores = largestDifference(reference.scores, scores);
    const { name, task } = contestant;
    const told = `${name}, ${task.threads} threads: differs by ${difference.toExponential(1)} of the largest value`;
    console.log(`${told}, by ${ofScores.toExponential(1)} in a score`);
    if (!(difference <= TOLERANCE && ofScores <= SCORE_TOLERANCE)) throw new Error(`too much: ${told}`);
  }
}

/** NaN if the lengths differ. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) : Number.NaN;
}

async function measure(workload: Workload, node: NodeBinary, found: readonly Candidate[], folder: string) {
  const all = await start(found, node, workload, folder);
  try {
    await compareOutputs(all, workload);
    const batches: number[] = [];
    for (const contestant of all) {
      const { threads } = contestant.task;
      const wanted = (Number(flags.seconds) * (await rateOf(contestant, 2 * threads))) / workload.batch;
      // A whole number of batches for each thread, so no thread waits for another at the end.
      batches.push(Math.max(2 * threads, Math.round(wanted / threads) * threads));
    }
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, contestant] of all.entries()) contestant.rates.push(await rateOf(contestant, batches[i]!));
    }
    await report(workload, node, all);
  } finally {
    for (const { process } of all) process.kill();
  }
}

async function report(workload: Workload, node: NodeBinary, all: readonly Contestant[]): Promise<void> {
  const rows = all.map((contestant) => {
    const { name, process, task, cores, rates } = contestant;
    return {
      ...machine(),
      node: node.version,
      network: workload.network,
      size: workload.size,
      batch: workload.batch,
      engine: name,
      version: process.ready.version,
      threads: task.threads,
      rounds: rates.length,
      images_per_second: Number(median(rates).toPrecision(4)),
      slowest_round: Number(Math.min(...rates).toPrecision(4)),
      fastest_round: Number(Math.max(...rates).toPrecision(4)),
      ratio_to_pytorch: ratio(contestant, PYTORCH, all),
      ratio_to_onnxruntime: ratio(contestant, ONNXRUNTIME, all),
      ratio_to_transformers: ratio(contestant, TRANSFORMERS, all),
      held_on: cores,
    };
  });
  console.table(rows.map(({ date: _, cpu: __, cores: ___, ...shown }) => shown));
  if (!flags['no-save']) console.log(`appended to ${await appendResults('inference.csv', rows)}`);
}

/** Ratio to another engine with as many threads; empty if that was not measured. */
function ratio({ task, rates }: Contestant, yardstick: string, all: readonly Contestant[]): number | '' {
  const other = all.find((one) => one.name === yardstick && one.task.threads === task.threads);
  if (other === undefined) return '';
  return Number(median(rates.map((rate, round) => rate / other.rates[round]!)).toFixed(3));
}

process.env['IMAGE_DRIFT_PACKAGES'] ??= PEERS_FOLDER;
const folder = temporaryFolder();
const found = await candidates(flags.engines?.split(',') ?? null);
for (const network of networksOf(flags.networks)) {
  for (const sizes of flags.sizes.split(',')) {
    const [size = 0, batch = 0] = sizes.split('x').map(Number);
    for (const node of nodeBinaries(flags.node)) await measure({ network, size, batch }, node, found, folder);
  }
}
