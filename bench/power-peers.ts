/** Asks the other tools of `bench/power.ts`, in Python, about the windows that ours have seen. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriftBatch } from '../drift/index.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import type { Trial } from './power-trials.js';

/** Appends a line for each trial to a file. */
export function askPeers(
  python: string,
  trials: readonly Trial[],
  conditions: readonly DriftBatch[],
  out: string,
): void {
  if (trials.length === 0) return;
  const folder = temporaryFolder();
  const files = conditions.map(({ embeddings }, condition) => {
    const file = join(folder, `condition-${condition}.bin`);
    writeFileSync(file, Float32Array.from(embeddings.data));
    return file;
  });
  const job = join(folder, 'job.json');
  writeFileSync(job, JSON.stringify({ columns: conditions[0]!.embeddings.columns, conditions: files, trials, out }));
  const script = join(packageRoot, 'bench', 'power_peers.py');
  const { status } = spawnSync(python, ['-W', 'ignore', script, job], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${python} ${script} ended with ${status}`);
}
