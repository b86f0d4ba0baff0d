/**
 * Where our own kernels spend time: every row of a network's plan with its multiplications a second, beside the rate of
 * the same kernels on a matrix that never leaves the cache.
 *
 *     node dist/bench/layers.js [--networks resnet18,resnet50] [--sizes 32x64,224x8] [--precision float32]
 *                               [--node PATH,PATH] [--rounds 31] [--fastest] [--no-save]
 *
 * `--networks modern` are those after ResNet (`networks.ts`). One thread, pinned to one core, in its own process. A round runs all layers in order, so each finds the caches as it
 * does in real use. Medians of the rounds; with `--fastest`, the least time that the processor spent
 * on each call, for a machine that does other work at the same time (not saved). Multiplications are those done, after padding is skipped and filters are
 * transformed. A row's time is its whole time, including transforms.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../random/index.js';
import { holdOnCores } from './held-cores.js';
import { asPlanPrecision, LaidOut, modelOf, ourKernels } from './laid-out.js';
import { machine, median } from './machine.js';
import { benchWeights, networksOf } from './networks.js';
import { nodeBinaries } from './node-binaries.js';
import { PEAK, peakRate } from './peak.js';
import { appendResults } from './results.js';

const { values: flags } = parseArgs({
  options: {
    networks: { type: 'string', default: 'resnet18' },
    sizes: { type: 'string', default: '32x64,224x8' },
    precision: { type: 'string', default: 'float32' },
    node: { type: 'string' },
    rounds: { type: 'string', default: '31' },
    fastest: { type: 'boolean', default: false },
    'no-save': { type: 'boolean', default: false },
    /** Set in the processes that measure. */
    measure: { type: 'boolean', default: false },
  },
});

interface LayerRow {
  kernels: string;
  layer: string;
  operation: string;
  output: string;
  kernel: string;
  macs_written: number;
  macs_done: number;
  milliseconds: number;
  gigaflops: number;
  of_peak: number;
  weight_bytes: number;
  output_bytes: number;
}

/** Milliseconds: of the wall clock, or with `--fastest` those that the processor spent on this process. */
function clock(): number {
  if (!flags.fastest) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function measureHere(network: string, size: number, images: number): Promise<LayerRow[]> {
  const precision = asPlanPrecision(flags.precision);
  const kernels = await ourKernels(precision);
  const weights = benchWeights(network, 1000);
  const laidOut = new LaidOut(modelOf(weights), weights, kernels);
  const plan = laidOut.plan({ images, height: size, width: size }, precision);
  const random = new Random(1);
  const calls = laidOut.calls(
    plan,
    Uint8Array.from({ length: images * size * size * 3 }, () => random.below(256)),
  );
  const ofPeak = peakRate(kernels);
  const seconds = new Map(plan.rows.map(({ node }) => [node, [] as number[]]));
  const shortest = new Float64Array(calls.length).fill(Number.POSITIVE_INFINITY);
  const peaks: number[] = [];
  const rounds = Number(flags.rounds);
  for (let round = -3; round < rounds; round++) {
    const ofRound = new Map<string, number>();
    for (const [i, { node, run }] of calls.entries()) {
      const start = clock();
      run();
      const spent = (clock() - start) / 1000;
      shortest[i] = Math.min(shortest[i]!, spent);
      ofRound.set(node, (ofRound.get(node) ?? 0) + (flags.fastest ? shortest[i]! : spent));
    }
    const peak = ofPeak.measure(clock);
    if (round < 0) continue;
    peaks.push(peak);
    for (const [node, spent] of ofRound) seconds.get(node)!.push(spent);
  }
  const typical = flags.fastest ? (times: readonly number[]) => Math.min(...times) : median;
  const peak = typical(peaks);
  const rows = plan.rows.map((row): LayerRow => {
    const spent = typical(seconds.get(row.node)!);
    const gigaflops = (2 * row.macsDone * images) / spent / 1e9;
    return {
      kernels: `${kernels.build} ${kernels.tile}${kernels.revectorized ? ' 256-bit' : ''}`,
      layer: row.node,
      operation: row.operation,
      output: row.output.join('×'),
      kernel: row.kernel,
      macs_written: row.macsWritten,
      macs_done: row.macsDone,
      milliseconds: Number((spent * 1000).toPrecision(4)),
      gigaflops: Number(gigaflops.toPrecision(4)),
      of_peak: Number((gigaflops / peak).toFixed(3)),
      weight_bytes: row.weightBytes,
      output_bytes: row.outputBytes,
    };
  });
  const sum = (of: (row: LayerRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const whole = typical(Array.from({ length: rounds }, (_, i) => [...seconds.values()].reduce((s, v) => s + v[i]!, 0)));
  const gigaflops = (2 * sum((row) => row.macs_done) * images) / whole / 1e9;
  const last = rows.at(-1)!;
  const others = {
    operation: '',
    output: '',
    kernel: '',
    weight_bytes: sum((row) => row.weight_bytes),
    output_bytes: 0,
  };
  const all: LayerRow = {
    ...last,
    ...others,
    layer: 'all layers',
    macs_written: sum((row) => row.macs_written),
    macs_done: sum((row) => row.macs_done),
    milliseconds: Number((whole * 1000).toPrecision(4)),
    gigaflops: Number(gigaflops.toPrecision(4)),
    of_peak: Number((gigaflops / peak).toFixed(3)),
  };
  const best: LayerRow = {
    ...last,
    ...others,
    layer: 'peak: a matrix in the cache',
    macs_written: PEAK.rows * PEAK.k * 16,
    macs_done: PEAK.rows * PEAK.k * 16,
    milliseconds: 0,
    gigaflops: Number(peak.toPrecision(4)),
    of_peak: 1,
    weight_bytes: 0,
  };
  return [...rows, all, best];
}

async function measureApart(): Promise<void> {
  for (const node of nodeBinaries(flags.node)) {
    for (const network of networksOf(flags.networks)) {
      for (const workload of flags.sizes.split(',')) {
        const args = ['--measure', '--networks', network, '--sizes', workload, '--precision', flags.precision];
        const program = [
          node.path,
          fileURLToPath(import.meta.url),
          ...args,
          '--rounds',
          flags.rounds,
          ...(flags.fastest ? ['--fastest'] : []),
        ];
        const [command = '', ...rest] = holdOnCores(program, 1).command;
        const layers: LayerRow[] = JSON.parse(execFileSync(command, rest, { encoding: 'utf8' }));
        const [size = 0, batch = 0] = workload.split('x').map(Number);
        const where = { ...machine(), node: node.version, network, size, batch, precision: flags.precision };
        console.log(`${network}, ${size}×${size}, batch ${batch}, Node ${node.version}, ${layers[0]?.kernels}`);
        console.table(layers.map(({ kernels: _, weight_bytes: __, output_bytes: ___, ...shown }) => shown));
        const rows = layers.map((layer) => ({ ...where, ...layer }));
        if (!flags['no-save'] && !flags.fastest) console.log(`appended to ${await appendResults('layers.csv', rows)}`);
      }
    }
  }
}

if (flags.measure) {
  const [size = 0, batch = 0] = flags.sizes.split('x').map(Number);
  process.stdout.write(JSON.stringify(await measureHere(flags.networks, size, batch)));
} else await measureApart();
