/** Runs of a plan by a network that computes in no time. */
import { appendFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Embedder } from '../../engine/index.js';
import { type EmbeddedShards, embedShards, makePlan, type PlanOptions } from '../../pipeline/index.js';
import { temporaryFolder } from './places.js';
import { narrowBody, pseudoWeights } from './pseudo-weights.js';

export function loadNarrow(): Promise<Embedder> {
  const weights = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 });
  return Embedder.create(weights, { backend: 'simd', threads: 0, batch: 4 });
}

/** Plans a run in a new folder. @returns the folder */
export async function planIn(embedder: Embedder, inputs: readonly string[], options: PlanOptions): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  await makePlan(embedder, inputs, run, options);
  return run;
}

/** A task: `shards` are those that it computes, and `onProgress` may throw to end it. */
export function task(run: string, shards: readonly number[], onProgress?: () => void): Promise<EmbeddedShards> {
  return embedShards({ plan: run, choose: () => shards, load: loadNarrow, allowMixed: false, onProgress });
}

/** What a task says of a file of the source, and what was done to it since it was planned. */
export const SOURCE_CHANGES: readonly [says: string | RegExp, change: (path: string) => void][] = [
  [
    /: it was [\d,]+ bytes of 20.*Z, it is [\d,]+ bytes of 1970-01-01T00:00:01.000Z now$/,
    (path) => utimesSync(path, 1, 1),
  ],
  ['it is missing now', (path) => rmSync(path)],
  ['it was', (path) => appendFileSync(path, 'x')],
];
