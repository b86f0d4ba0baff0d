/**
 * What runs on this machine's GPU, beside `simd` and PyTorch on it, on the same weights and images: first how far each
 * layer is from that of `simd`, then images a second.
 *
 *     npm run bench -- gpu [--networks resnet18,resnet50,vit_b_16] [--sizes 224x64] [--rounds 5] [--seconds 2]
 *                          [--allow-software]
 *
 * All compute in float32, without TF32, and give embeddings and scores back with each batch. Each is a process, one
 * after the other, since some take all memory of a GPU. What is not there is left out, and a line says why; where
 * NVIDIA's driver is, npm's packages of CUDA are installed first. Rows go to `gpu.csv`, and the table to
 * docs/performance.md. `--allow-software` tries all of it where there is no GPU, and writes nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nvidiaDriver } from '../engine/backends/nvidia.js';
import { temporaryFolder } from '../spec/support/places.js';
import { relativeError } from '../spec/support/relative-error.js';
import { PYTORCH, script, skip } from './candidates.js';
import { machine, median } from './machine.js';
import { networksOf } from './networks.js';
import { scoresOf, type Workload, writeInputs } from './peers/inputs.js';
import {
  EngineProcess,
  type EngineTask,
  PEERS_FOLDER,
  pythonScript,
  pythonWithTorch,
  type Ready,
} from './peers/protocol.js';
import { appendResults, flagsOf } from './results.js';

const flags = flagsOf({
  ...{ networks: 'resnet18,resnet50,vit_b_16', sizes: '224x64', rounds: '5', seconds: '2', 'warm-up': '3' },
  'allow-software': false,
});
const isSoftwareAllowed = flags['allow-software'];

/** As `auto` asks for it. */
const TOLERANCE = 1e-5;
const SIMD = 'ours/simd';

interface Contender {
  name: string;
  command: readonly string[];
  backend: string;
  /** Undefined: what the engine chooses. */
  device?: string | undefined;
}

/** @param gpu the name of the device, for engines that would choose a CPU else */
function ours(backend: string, gpu?: string): Contender {
  const device = isSoftwareAllowed && gpu !== undefined ? 'cpu' : gpu;
  return { name: `ours/${backend}`, command: script('ours')(process.execPath), backend, device };
}

function contenders(): Contender[] {
  const found = [ours('simd'), ours('webgpu'), ours('onnxruntime', 'cuda'), ours('tensorflow', 'gpu')];
  const python = pythonWithTorch();
  const device = isSoftwareAllowed ? 'cpu' : 'cuda';
  if (python === null) skip(PYTORCH, 'no Python with torch and torchvision; name one in IMAGE_DRIFT_PYTHON');
  else found.push({ name: PYTORCH, command: [python, pythonScript('torch_engine.py')], backend: '', device });
  return found;
}

/** In a folder of its own, since `npm install` in bench/ takes away what its package.json lacks. */
function installCuda(): string {
  const folder = join(PEERS_FOLDER, 'node_modules', '.cuda');
  for (const args of [
    ['onnxruntime-node@1.30.0', '--onnxruntime-node-install=cuda12'],
    ['@tensorflow/tfjs-node-gpu@4.22.0'],
  ]) {
    const { status } = spawnSync('npm', [
      'install',
      '--silent',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      ...args,
    ]);
    if (status !== 0) skip(args[0]!, `npm cannot install it (${status})`);
  }
  return folder;
}

/** A few layers from the first to the last. */
function layersOf(network: string): string[] {
  if (network.startsWith('resnet')) return ['layer1', 'layer2', 'layer3', 'layer4'];
  return network.startsWith('vit') ? ['blocks.0', 'blocks.5', 'blocks.11'] : [];
}

/** Runs an engine. @throws Error with the reason if it does not start, or is not on a GPU */
async function running<T>(
  { name, command, backend, device }: Contender,
  task: Omit<EngineTask, 'backend' | 'device' | 'precision' | 'threads'>,
  use: (ready: Ready, ask: Ask) => Promise<T>,
): Promise<T> {
  const threads = name === SIMD ? availableParallelism() : 1;
  const own: EngineTask = { ...task, backend, device, threads, precision: 'float32' };
  const engine = await EngineProcess.start(command, own);
  try {
    const isOnGpu = engine.ready.kind === 'gpu' || name === SIMD || isSoftwareAllowed;
    if (!isOnGpu) throw new Error(`it runs on ${engine.ready.device}, which is not a GPU`);
    return await use(engine.ready, async (wanted) => {
      // A whole number of batches for each thread, so no thread waits for another at the end.
      const batches = threads * Math.max(2, Math.round(wanted / threads));
      return (await engine.seconds(batches)) / batches;
    });
  } finally {
    engine.kill();
  }
}

/** Runs so many batches, or a few more. @returns the seconds of one */
type Ask = (batches: number) => Promise<number>;

/** Images per second of each round. */
async function ratesOf(ask: Ask, batch: number): Promise<number[]> {
  const batches = Number(flags.seconds) / (await ask(1));
  const rates: number[] = [];
  for (let round = 0; round < Number(flags.rounds); round++) rates.push(batch / (await ask(batches)));
  return rates;
}

type Values = ReadonlyMap<string, Float32Array>;

function valuesIn({ output, layers = [] }: Pick<EngineTask, 'output' | 'layers'>, workload: Workload): Values {
  const read = (path: string) => new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
  const [all, scores] = [read(output), scoresOf(workload)];
  const ofLayers = layers.map((name) => [name, read(`${output}.${name}`)] as const);
  return new Map([...ofLayers, ['embedding', all.subarray(0, -scores)], ['scores', all.subarray(-scores)]]);
}

interface Measured {
  ready: Ready;
  values: Values;
  /** Largest difference to `simd` over its largest value, by layer. */
  errors: readonly (readonly [layer: string, error: number])[];
  rates: number[];
}

/** @param simd what it is compared with; null for itself @throws Error if it cannot run, or differs too much */
async function measured(
  contender: Contender,
  workload: Workload,
  folder: string,
  simd: Measured | null,
): Promise<Measured> {
  const output = join(folder, `${contender.name.replace('/', '-')}.f32`);
  const task = { ...(await writeInputs(folder, workload)), output, warmUpSeconds: Number(flags['warm-up']) };
  const compared = { ...task, layers: layersOf(workload.network), warmUpSeconds: 0 };
  const ready = await running(contender, compared, async (ready) => ready);
  const values = valuesIn(compared, workload);
  const expected = simd?.values ?? values;
  const errors = [...values].map(([name, of]) => [name, relativeError(of, expected.get(name)!)] as const);
  const told = errors.map(([name, error]) => `${name} ${error.toExponential(1)}`).join(', ');
  console.log(`${workload.network}, ${contender.name} on ${ready.device}: differs from ${SIMD} by ${told}`);
  if (errors.some(([, error]) => !(error <= TOLERANCE))) throw new Error(`it differs by more than ${TOLERANCE}`);
  return { ready, values, errors, rates: await running(contender, task, (_, ask) => ratesOf(ask, workload.batch)) };
}

type Row = ReturnType<typeof rowOf>;

function rowOf({ name }: Contender, workload: Workload, { ready, errors, rates }: Measured, simd: Measured) {
  const round = (value: number) => Number(value.toPrecision(4));
  return {
    ...{ ...machine(), ...workload, engine: name, version: ready.version, device: ready.device ?? '' },
    driver: ready.driver ?? nvidiaDriver() ?? '',
    differences: errors.map(([layer, error]) => `${layer} ${error.toExponential(1)}`).join(' '),
    largest_difference: Math.max(...errors.map(([, error]) => error)).toExponential(1),
    images_per_second: round(median(rates)),
    slowest_round: round(Math.min(...rates)),
    fastest_round: round(Math.max(...rates)),
    ratio_to_simd: round(median(rates) / median(simd.rates)),
  };
}

async function contest(all: readonly Contender[], workload: Workload): Promise<Row[]> {
  const folder = temporaryFolder();
  const rows: Row[] = [];
  let simd: Measured | null = null;
  for (const contender of all) {
    try {
      const found: Measured = await measured(contender, workload, folder, simd);
      simd ??= found;
      rows.push(rowOf(contender, workload, found, simd));
    } catch (error) {
      skip(`${workload.network}, ${contender.name}`, (error as Error).message);
      if (simd === null) break;
    }
  }
  return rows;
}

const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const HEADING = '## On a GPU';

/** Puts the table in the place of an earlier one, or before the section on measuring. */
function writeTable(rows: readonly Row[]): void {
  const cells = [['network', 'batch', 'engine', 'device', 'differs from `simd`', 'images/s', ''], Array(7).fill('---')];
  for (const row of rows) {
    const { network, size, batch, engine, version, device, largest_difference, images_per_second, ratio_to_simd } = row;
    const speed = [`${images_per_second}`, `${ratio_to_simd} ×`];
    cells.push([network, `${batch} of ${size}×${size}`, `${engine}, ${version}`, device, largest_difference, ...speed]);
  }
  const section = `${HEADING}\n\n${cells.map((line) => `| ${line.join(' | ')} |\n`).join('')}\n`;
  const [before = '', ...after] = readFileSync(PAGE, 'utf8').split(/^(?=## )/m);
  const others = after.filter((one) => !one.startsWith(HEADING));
  const at = others.findIndex((one) => one.startsWith('## Measure yours'));
  writeFileSync(PAGE, [before, ...others.slice(0, at), section, ...others.slice(at)].join(''));
}

process.env['TF_FORCE_GPU_ALLOW_GROWTH'] = 'true';
process.env['IMAGE_DRIFT_PACKAGES'] ??= nvidiaDriver() === null ? PEERS_FOLDER : installCuda();
const all = contenders();
const rows: Row[] = [];
for (const network of networksOf(flags.networks)) {
  for (const sizes of flags.sizes.split(',')) {
    const [size = 0, batch = 0] = sizes.split('x').map(Number);
    rows.push(...(await contest(all, { network, size, batch })));
  }
}
console.table(rows.map(({ date: _, cpu: __, node: ___, differences: ____, ...shown }) => shown));
if (isSoftwareAllowed || rows.every(({ engine }) => engine === SIMD)) {
  console.log('nothing is written: no GPU was measured');
} else {
  console.log(`appended to ${await appendResults('gpu.csv', rows)}`);
  writeTable(rows);
}
