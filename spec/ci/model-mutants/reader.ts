/** A process that reads mutants of models, one after the other, and says what came of each; its parent watches time and memory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Job, type NotRead, outcomeOf } from '../hostile-files/readers.js';
import { type Computed, KINDS, type Numbers } from './kinds.js';

export interface Read {
  path: string;
  /** A file of float32, `[N, C, H, W]`; null: it was read and not computed. */
  input: string | null;
  shape: readonly number[];
  outputs: Record<string, Numbers>;
}

export interface Answer extends Job {
  told: string;
  outcome: Read | NotRead;
}

const [folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

process.on('message', (job: Job) => void answer(job));
process.send?.({ files: KINDS.map(({ name, files }) => ({ name, files: files.length, peer: name })) });

async function answer(job: Job): Promise<void> {
  const { read, place, files } = KINDS.find(({ name }) => name === job.kind)!;
  const file = files[job.file]!;
  const own = join(folder, `${job.kind}-${job.seed}`);
  mkdirSync(own);
  const { path, told } = place(file, job.seed, own);
  const outcome = await outcomeOf(async () => computedOf(await read(path, file), path, own));
  process.send?.({ ...job, told, outcome } satisfies Answer);
}

function computedOf(found: Computed | null, path: string, own: string): Read {
  if (found === null) return { path, input: null, shape: [], outputs: {} };
  const { images, outputs } = found;
  const input = join(own, 'input.f32');
  writeFileSync(input, new Uint8Array(Float32Array.from(images.data).buffer));
  return { path, input, shape: images.shape, outputs };
}
