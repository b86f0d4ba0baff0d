/**
 * Peak memory of `embed` on growing npz files: `node dist/spec/ci/memory.js 50000 100000`. Fails if a run needs more
 * than 600 MB, or a larger file noticeably more than the smallest. Not a spec, because it takes minutes.
 */
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpyHeader } from '../../data/index.js';
import { measuredProcess } from '../support/peak-memory.js';
import { packageRoot, temporaryFolder } from '../support/places.js';

const LIMIT_MB = 600;
/** Spread between runs of the same size: the garbage collector changes the peak by some tens of MB. */
const SPREAD_MB = 60;
const IMAGE_BYTES = 32 * 32 * 3;

/** Writes a bare npy file, in pieces so that this process stays small. */
async function writeImages(path: string, count: number): Promise<void> {
  const file = await open(path, 'w');
  await file.write(encodeNpyHeader('|u1', [count, 32, 32, 3]));
  const piece = Uint8Array.from({ length: IMAGE_BYTES * 500 }, (_, i) => (i * 2654435761) >>> 24);
  for (let done = 0; done < count; done += 500) await file.write(piece, 0, Math.min(500, count - done) * IMAGE_BYTES);
  await file.close();
}

/** @returns the peak of the resident set in MB, as the kernel records it */
async function peakOfEmbed(images: string, out: string): Promise<number> {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const args = [main, 'embed', images, '--weights', 'fashion-mnist-resnet18', '--out', out, '--threads', '2'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return (await measuredProcess(child, 50)).peak;
}

const folder = temporaryFolder();
const peaks: number[] = [];
for (const count of process.argv.slice(2).map(Number)) {
  const images = join(folder, `${count}.npy`);
  await writeImages(images, count);
  const peak = await peakOfEmbed(images, join(folder, `${count}.parquet`));
  peaks.push(peak);
  console.log(`${count.toLocaleString('en')} images: peak ${peak.toFixed(0)} MB resident`);
}
const smallest = peaks[0] ?? Number.NaN;
const most = Math.max(...peaks);
if (!(most <= LIMIT_MB && most - smallest <= SPREAD_MB)) {
  console.error(
    `the peak of ${most.toFixed(0)} MB is above ${LIMIT_MB}, or grows with the images (${smallest.toFixed(0)} MB for the fewest)`,
  );
  process.exitCode = 1;
}
