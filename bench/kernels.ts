/**
 * The speed of each SIMD kernel on its own, on layers of ResNet-18 and MobileNetV2, for every tile and module, on this
 * Node: GFLOP/s of the multiplications done, or GB/s read and written if a kernel multiplies nothing.
 *
 *     node dist/bench/kernels.js [--revectorize] [--only='6x16 relaxed'] [name of a case …]
 *
 * Variants of a case take turns. A rate is that of the fastest call, which shows what the kernel can do whatever else
 * the machine does. Rates are for one core: pin it (`taskset`).
 */
import v8 from 'node:v8';
import { BUILDS, TILES } from '../engine/backends/simd/builds/modules.js';
import { WORDS } from '../engine/backends/simd/kernels/registry.js';
import { CASES, type Case, memory } from './kernel-cases.js';

/** Total time in which the variants of a case are measured. */
const SECONDS = 1.5;
const ARENA = 0;

const revectorize = process.argv.includes('--revectorize');
if (revectorize) v8.setFlagsFromString('--experimental-wasm-revectorize');

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length) ?? '';

const modules = { relaxed: memory.kernels('relaxed'), plain: memory.kernels('plain') };

function wordOf(words: Readonly<Record<string, number>>, word: string): number {
  const value = words[word];
  if (value === undefined) throw new Error(`a case does not give the word ${word}`);
  return value;
}

function measure(title: string, { kernel, words, units, scratch, multiplications, bytes }: Case): void {
  const params = memory.place(Uint32Array.from(WORDS[kernel], (word) => wordOf(words, word)));
  const scratchAt = memory.allocate(scratch);
  const variants = BUILDS.flatMap((arithmetic) => {
    const exports = modules[arithmetic];
    return [kernel, ...TILES[arithmetic].map((rows) => `${kernel}_${rows}x16`)]
      .filter((name) => exports[name] !== undefined && `${name} ${arithmetic}`.includes(only))
      .map((name) => ({
        name: `${name} ${arithmetic}`,
        run: () => exports[name]!(params, ARENA, 0, units, scratchAt),
        times: [] as number[],
      }));
  });
  for (const { run } of variants) for (let i = 0; i < 3; i++) run();
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    for (const { run, times } of variants) {
      const start = performance.now();
      run();
      times.push(performance.now() - start);
    }
  }
  for (const { name, times } of variants) {
    const ms = Math.min(...times);
    const rate =
      multiplications > 0
        ? `${((2 * multiplications) / ms / 1e6).toFixed(1)} GFLOP/s`
        : `${(bytes / ms / 1e6).toFixed(1)} GB/s`;
    console.log(`${title.padEnd(44)}${name.padEnd(26)}${ms.toFixed(3).padStart(8)} ms  ${rate}`);
  }
}

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
console.log(`Node ${process.version}${revectorize ? ', revectorized' : ''}`);
for (const [title, make] of Object.entries(CASES)) {
  if (wanted.length === 0 || wanted.some((word) => title.includes(word))) measure(title, make());
}
