/**
 * Time of one resize: the kernel, the plain loops, and Pillow if a Python that has it is named:
 *
 *     IMAGE_DRIFT_PYTHON=python3 node dist/bench/resize.js [rounds]
 *
 * One thread each. `crop` is the kernel again, computing only the middle 224×224, as `embed` does. Rounds are interleaved;
 * the fastest of each counts. Appends to `bench/results/resize.csv`.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { plainPasses } from '../data/images/resize/passes.js';
import { tapsOf } from '../data/images/resize/taps.js';
import { type Image, resizeImage } from '../data/index.js';
import { madeImage } from '../spec/support/made-image.js';
import { appendResults } from './results.js';

const FILTERS = ['bilinear', 'bicubic', 'lanczos'] as const;
const CASES = [
  { from: [375, 500], to: [256, 341] },
  { from: [1280, 1920], to: [256, 384] },
] as const;
const CROP = 224;
/** Compiled, this file lies in `dist/bench/`. */
const PYTHON_SIDE = fileURLToPath(new URL('../../bench/resize.py', import.meta.url));

type Filter = (typeof FILTERS)[number];
type Size = readonly [number, number];

/** What is timed, by the name of its column. */
function contenders(image: Image, [height, width]: Size, interpolation: Filter): Record<string, () => unknown> {
  const window = { top: (height - CROP) >> 1, left: (width - CROP) >> 1, height: CROP, width: CROP };
  return {
    kernel: () => resizeImage(image, height, width, { interpolation }),
    crop: () => resizeImage(image, height, width, { interpolation, window }),
    plain: () =>
      plainPasses({ ...image, channels: 3 }, [
        { axis: 'columns', taps: tapsOf(image.width, width, interpolation) },
        { axis: 'rows', taps: tapsOf(image.height, height, interpolation) },
      ]),
  };
}

function fastest(runs: Record<string, () => unknown>, rounds: number): Record<string, number> {
  const best = Object.fromEntries(Object.keys(runs).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const start = performance.now();
      run();
      best[name] = Math.min(best[name]!, performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(best).map(([name, value]) => [name, Number(value.toPrecision(3))]));
}

/** Pillow's version and milliseconds. */
function pillow(from: Size, to: Size, filter: Filter, rounds: number): { pillow: string; pillow_ms: number | string } {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (!python) return { pillow: '', pillow_ms: '' };
  const args = [PYTHON_SIDE, ...from, ...to, filter, rounds].map(String);
  const { version, milliseconds } = JSON.parse(execFileSync(python, args, { encoding: 'utf8' })) as {
    version: string;
    milliseconds: number;
  };
  return { pillow: version, pillow_ms: Number(milliseconds.toPrecision(3)) };
}

const rounds = Number(process.argv[2] ?? 50);
for (const { from, to } of CASES) {
  const image = madeImage(from[0], from[1], 0);
  for (const filter of FILTERS) {
    const { kernel, crop, plain } = fastest(contenders(image, to, filter), rounds);
    const row = {
      date: new Date().toISOString().slice(0, 10),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      node: process.version,
      from: from.join('x'),
      to: to.join('x'),
      filter,
      rounds,
      kernel_ms: kernel!,
      crop_ms: crop!,
      plain_ms: plain!,
      ...pillow(from, to, filter, rounds),
    };
    console.log(JSON.stringify(row));
    await appendResults('resize.csv', [row]);
  }
}
