/** A process that reads mutants of models, one after the other, and says what came of each; its parent watches time and memory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../../base/index.js';
import { KINDS, type Numbers } from './kinds.js';

export interface Job {
  kind: string;
  /** Index among the kind's files. */
  file: number;
  seed: number;
}

export type Outcome =
  | { refused: string; message: string }
  /** `input` is a file of float32, `[N, C, H, W]`; null: it was read and not computed. */
  | { path: string; input: string | null; shape: readonly number[]; outputs: Record<string, Numbers> }
  | { failed: string };

export interface Answer extends Job {
  told: string;
  outcome: Outcome;
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
  process.send?.({ ...job, told, outcome: await outcomeOf(() => read(path, file), path, own) } satisfies Answer);
}

async function outcomeOf(
  read: () => ReturnType<(typeof KINDS)[0]['read']>,
  path: string,
  own: string,
): Promise<Outcome> {
  try {
    const found = await read();
    if (found === null) return { path, input: null, shape: [], outputs: {} };
    const { images, outputs } = found;
    const input = join(own, 'input.f32');
    writeFileSync(input, new Uint8Array(Float32Array.from(images.data).buffer));
    return { path, input, shape: images.shape, outputs };
  } catch (error) {
    if (error instanceof CodedError) return { refused: error.code, message: error.message };
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
