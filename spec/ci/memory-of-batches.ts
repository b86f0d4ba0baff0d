/**
 * Memory that batches and threads leave: `node dist/spec/ci/memory-of-batches.js [BATCHES]`, default 10,000. Fails if
 * the resident memory grows between batches after a warm-up, or if a thread costs as much as the weights, which threads
 * share. Not a spec, because it takes half a minute.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { collectGarbage } from '#platform';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { peakMegabytes } from '../support/peak-memory.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';

/** Spread between two measurements when nothing is kept, from the allocator and the garbage collector. */
const SPREAD_MB = 12;
const PARTS = 5;
const WARM_UP = 4000;
/** ResNet-50 in float32. */
const WEIGHTS_MB = 90;
const MANY_THREADS = 4;

/** Yields sizes and numbers of images in turn, more of them than plans are kept. */
function* batches(count: number): Generator<ImageBatch> {
  const shapes = [
    [2, 32, 32],
    [1, 32, 32],
    [3, 32, 32],
    [1, 24, 40],
    [2, 33, 31],
    [1, 17, 17],
    [2, 48, 16],
    [1, 8, 8],
  ] as const;
  const ready = shapes.map(([rows, height, width], i): ImageBatch => {
    return { rows, height, width, data: pixels(`batch ${i}`, rows * height * width * 3) };
  });
  // Mostly the first one, as in a stream of images; the others take turns.
  for (let i = 0; i < count; i++) yield ready[i % 50 === 49 ? 1 + (((i / 50) | 0) % (ready.length - 1)) : 0]!;
}

async function run(embedder: Embedder, count: number): Promise<void> {
  for await (const { taps } of embedder.run(batches(count))) {
    if (taps.size === 0) throw new Error('no output');
  }
}

/** @returns the resident memory after the warm-up and after each part, MB */
async function residentAfterParts(count: number): Promise<number[]> {
  const weights = pseudoWeights({ backbone: 'resnet18', head: [], classes: 10 });
  await using embedder = await Embedder.create(weights, { backend: 'simd', threads: 2, batch: 3, tap: 'avgpool' });
  const resident: number[] = [];
  for (let part = 0; part <= PARTS; part++) {
    await run(embedder, part === 0 ? WARM_UP : count / PARTS);
    collectGarbage();
    resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return resident;
}

/** The peak of a separate process, MB. */
function peakWith(threads: number): number {
  const program = fileURLToPath(import.meta.url);
  return Number(execFileSync(process.execPath, [program, '--peak', String(threads)], { encoding: 'utf8' }));
}

async function tellPeak(threads: number): Promise<void> {
  const weights = pseudoWeights({ backbone: 'resnet50', head: [], classes: 10 });
  await using embedder = await Embedder.create(weights, { backend: 'simd', threads, batch: 4, tap: 'avgpool' });
  await run(embedder, 8 * threads);
  process.stdout.write(String(peakMegabytes()));
}

async function main(count: number): Promise<void> {
  const resident = await residentAfterParts(count);
  const told = resident.map((megabytes, i) => `${(i * count) / PARTS}: ${megabytes.toFixed(0)}`).join(', ');
  console.log(`resident MB after batches: ${told}`);
  const [first = Number.NaN] = resident;
  if (!(Math.max(...resident) - first <= SPREAD_MB)) {
    console.error(`grows by more than ${SPREAD_MB} MB`);
    process.exitCode = 1;
  }
  const [one, many] = [peakWith(1), peakWith(MANY_THREADS)];
  const each = (many - one) / (MANY_THREADS - 1);
  console.log(
    `ResNet-50, weights of ${WEIGHTS_MB} MB: peak ${one.toFixed(0)} MB with one thread, ${each.toFixed(0)} MB each more`,
  );
  if (!(each < WEIGHTS_MB)) {
    console.error('a thread costs as much as the weights');
    process.exitCode = 1;
  }
}

const [first, second] = process.argv.slice(2);
if (first === '--peak') await tellPeak(Number(second));
else await main(Number(first ?? 10_000));
