/** Reads mutants of one checkpoint in a thread of its own, so that a hang or a crash has a known seed. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '../../base/index.js';
import { type Checkpoint, readCheckpoint } from '../../convert/index.js';
import { type Mutant, mutateArchive } from '../support/mutate.js';

export interface MutationJob {
  path: string;
  folder: string;
  seeds: number[];
}

/** Sent before each mutant is read, and again with its outcome. */
export interface MutationReport {
  seed: number;
  mutation: string;
  /** A code, `equal`, `changed`, or `FAILED: …`. */
  outcome?: string;
}

const { path, folder, seeds } = workerData as MutationJob;
const file = readFileSync(path);
const original = await readCheckpoint(path).catch(() => null);

for (const seed of seeds) {
  const mutant = mutateArchive(file, seed);
  report({ seed, mutation: mutant.mutation });
  report({ seed, mutation: mutant.mutation, outcome: await outcomeOf(mutant) });
}

function report(message: MutationReport): void {
  parentPort!.postMessage(message);
}

async function outcomeOf(mutant: Mutant): Promise<string> {
  const mutantPath = join(folder, basename(path));
  writeFileSync(mutantPath, mutant.bytes);
  try {
    return judge(await readCheckpoint(mutantPath), mutant);
  } catch (error) {
    if (!(error instanceof CodedError)) return `FAILED: ${error instanceof Error ? error.stack : String(error)}`;
    return /\p{Cc}/u.test(error.message) ? `FAILED: unprintable message ${JSON.stringify(error.message)}` : error.code;
  }
}

/** Where checksums guard the bytes, the original's tensors to the last bit; elsewhere whole tensors of the file. */
function judge(result: Checkpoint, mutant: Mutant): string {
  if (original !== null && sameTensors(result, original)) return 'equal';
  if (!mutant.repaired) return 'FAILED: other tensors than the original, and no checksum noticed';
  if (result.sha256 !== createHash('sha256').update(mutant.bytes).digest('hex')) return 'FAILED: sha256';
  for (const [name, { shape, data }] of result.tensors) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (count !== data.length) return `FAILED: ${name} [${shape}] has ${data.length} values`;
  }
  return 'changed';
}

function sameTensors(a: Checkpoint, b: Checkpoint): boolean {
  const entries = [...a.tensors];
  return (
    a.tensors.size === b.tensors.size &&
    entries.every(([name, { shape, dtype, data }]) => {
      const other = b.tensors.get(name);
      return (
        other !== undefined &&
        dtype === other.dtype &&
        `${shape}` === `${other.shape}` &&
        data.every((value, i) => Object.is(value, other.data[i]))
      );
    })
  );
}
