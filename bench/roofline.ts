/**
 * How near our kernels are to what the processor could do, by network: the time of the *roofline* over the time
 * measured.
 *
 *     node dist/bench/roofline.js [--networks modern] [--sizes 224x8] [--node PATH,PATH] [--rounds 9] [--no-save]
 *
 * The roofline is the multiplications done at the peak (`peakRate`), and the other steps, including batch norms of
 * their own, at their rate in the cache. That rate is the fastest of repeated calls on the same network at the smallest
 * size that it takes. A step without a counterpart there counts as nothing, as do the exponentials of attention and the
 * transforms of convolutions. `of_slow` is the share of kernels that compute one value after another (`inspect --plan`
 * marks them). One thread, pinned to one core, in its own process; medians of the rounds. A round runs all calls in
 * order, then the peak.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Random } from '../base/index.js';
import type { Plan } from '../engine/backends/simd/planning/step.js';
import { LaidOut, modelOf, ourKernels, type Shape } from './laid-out.js';
import { holdOnCores, machine, median, nodeBinaries, peakRate } from './machine.js';
import { benchWeights, networksOf } from './networks.js';
import { appendResults, flagsOf } from './results.js';

const flags = flagsOf({
  ...{ networks: 'resnet18,resnet50,mobilenet_v2,modern', sizes: '224x8', node: undefined, rounds: '9' },
  /** `measure` is set in the processes that measure. */
  ...({ 'no-save': false, measure: false } as const),
});

/** Sides of small images, pixels. Not every network takes each of them. */
const SMALL_SIDES = [32, 64, 96, 128];
const REPEATS = 30;
const WARM_UPS = 2;

interface Share {
  kernels: string;
  /** A batch on the roofline: multiplications at the peak, and all other steps at their rate in the cache. */
  multiplying_ms: number;
  other_ms: number;
  /** A batch, measured. */
  measured_ms: number;
  images_per_second: number;
  peak_gigaflops: number;
  of_peak: number;
  of_roofline: number;
  /** Share of the time measured that kernels took which compute one value after another. */
  of_slow: number;
}

function pixels({ images, height, width }: Shape): Uint8Array {
  const random = new Random(1);
  return Uint8Array.from({ length: images * height * width * 3 }, () => random.below(256));
}

function smallest(laidOut: LaidOut, side: number): { plan: Plan; shape: Shape } {
  for (const small of SMALL_SIDES) {
    if (small >= side) break;
    const shape = { images: 1, height: small, width: small };
    try {
      return { plan: laidOut.plan(shape), shape };
    } catch {
      // The network takes larger images only.
    }
  }
  const shape = { images: 1, height: side, width: side };
  return { plan: laidOut.plan(shape), shape };
}

const isElementwise = ({ macsDone, operation }: Plan['rows'][number]) =>
  macsDone === 0 || operation.startsWith('batchNorm2d');

const floatsOf = ({ output }: Plan['rows'][number]) => output.reduce((product, length) => product * length, 1);

/** Milliseconds of one value of each step without multiplications, in the cache. By the step's name and kernel. */
function ratesInCache(laidOut: LaidOut, side: number): ReadonlyMap<string, number> {
  const { plan, shape } = smallest(laidOut, side);
  const spent = new Map<string, number>();
  for (const { node, run } of laidOut.calls(plan, pixels(shape))) {
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < REPEATS; i++) {
      const start = performance.now();
      run();
      fastest = Math.min(fastest, performance.now() - start);
    }
    spent.set(node, (spent.get(node) ?? 0) + fastest);
  }
  const steps = plan.rows.filter(isElementwise);
  return new Map(steps.map((row) => [`${row.node} ${row.kernel}`, spent.get(row.node)! / floatsOf(row)]));
}

async function measureHere(network: string, side: number, images: number): Promise<Share> {
  const kernels = await ourKernels();
  const weights = benchWeights(network, 1000);
  const laidOut = new LaidOut(modelOf(weights), weights, kernels);
  const shape = { images, height: side, width: side };
  const plan = laidOut.plan(shape);
  const rates = ratesInCache(laidOut, side);
  const isSlow = new Set(plan.rows.filter((row) => row.isSlow).map(({ node }) => node));
  const calls = laidOut.calls(plan, pixels(shape)).map(({ node, run }) => ({ run, isSlow: isSlow.has(node) }));
  const peakOf = peakRate(kernels);
  const times: number[] = [];
  const peaks: number[] = [];
  const slowTimes: number[] = [];
  for (let round = -WARM_UPS; round < Number(flags.rounds); round++) {
    const start = performance.now();
    let inSlow = 0;
    for (const { run, isSlow } of calls) {
      const before = isSlow ? performance.now() : 0;
      run();
      if (isSlow) inSlow += performance.now() - before;
    }
    const spent = performance.now() - start;
    const peak = peakOf.measure(() => performance.now());
    if (round < 0) continue;
    times.push(spent);
    peaks.push(peak);
    slowTimes.push(inSlow);
  }
  const [measured, peak] = [median(times), median(peaks)];
  const others = plan.rows.filter(isElementwise);
  const flops = 2 * images * plan.rows.reduce((sum, row) => sum + (isElementwise(row) ? 0 : row.macsDone), 0);
  const multiplying = flops / peak / 1e6;
  const other = others.reduce(
    (sum, row) => sum + images * floatsOf(row) * (rates.get(`${row.node} ${row.kernel}`) ?? 0),
    0,
  );
  return {
    kernels: `${kernels.build} ${kernels.tile}${kernels.revectorized ? ' 256-bit' : ''}`,
    multiplying_ms: rounded(multiplying),
    other_ms: rounded(other),
    measured_ms: rounded(measured),
    images_per_second: rounded((1000 * images) / measured),
    peak_gigaflops: rounded(peak),
    of_peak: rounded(multiplying / measured, 3),
    of_roofline: rounded((multiplying + other) / measured, 3),
    of_slow: rounded(median(slowTimes) / measured, 2),
  };
}

function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}

async function measureApart(): Promise<void> {
  for (const node of nodeBinaries(flags.node)) {
    const shares = [];
    for (const network of networksOf(flags.networks)) {
      for (const workload of flags.sizes.split(',')) {
        const args = ['--measure', '--networks', network, '--sizes', workload, '--rounds', flags.rounds];
        const [command = '', ...rest] = holdOnCores([node.path, fileURLToPath(import.meta.url), ...args], 1).command;
        const share: Share = JSON.parse(execFileSync(command, rest, { encoding: 'utf8' }));
        const [size = 0, batch = 0] = workload.split('x').map(Number);
        shares.push({ ...machine(), node: node.version, network, size, batch, ...share });
        console.log(network, JSON.stringify(share));
      }
    }
    console.table(shares.map(({ network, size, batch, kernels: _, ...share }) => ({ network, size, batch, ...share })));
    if (!flags['no-save']) console.log(`appended to ${await appendResults('roofline.csv', shares)}`);
  }
}

if (flags.measure) {
  const [size = 0, batch = 0] = flags.sizes.split('x').map(Number);
  process.stdout.write(JSON.stringify(await measureHere(flags.networks, size, batch)));
} else await measureApart();
