/** Runs of a plan by a network that computes in no time. */
import { appendFileSync, existsSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Embedder } from '../../engine/index.js';
import {
  type EmbeddedShards,
  type EmbedImagesOptions,
  embedImages,
  embedShards,
  gatherRun,
  makePlan,
  type PlanOptions,
} from '../../pipeline/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { temporaryFolder } from './places.js';
import { narrowBody, pseudoWeights } from './pseudo-weights.js';

interface Narrow {
  batch?: number;
  threads?: number;
  /** Names of the two classes. */
  classes?: string[];
  preprocessing?: Partial<Preprocessing>;
}

export function loadNarrow({ batch = 4, threads = 0, classes, preprocessing }: Narrow = {}): Promise<Embedder> {
  const weights = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 });
  Object.assign(weights.config, classes && { classes });
  Object.assign(weights.config.preprocessing, preprocessing);
  return Embedder.create(weights, { backend: 'simd', threads, batch });
}

/** Plans a run in a new folder. @returns the folder */
export async function planIn(embedder: Embedder, inputs: readonly string[], options: PlanOptions): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  await makePlan(embedder, inputs, run, options);
  return run;
}

/** A task: `shards` are those that it computes, and `onProgress` may throw to end it. */
export function task(run: string, shards: readonly number[], onProgress?: () => void): Promise<EmbeddedShards> {
  return embedShards({ plan: run, choose: () => shards, load: () => loadNarrow(), allowMixed: false, onProgress });
}

/** The files that a table at `out` is made of. */
function bytesOf(out: string): (string | null)[] {
  return [out, `${out}.rejected.jsonl`].map((path) => (existsSync(path) ? readFileSync(path).toString('hex') : null));
}

/** The files of a run whose shards are done. */
export async function gathered(run: string, maxRejected = 3): Promise<(string | null)[]> {
  const out = join(temporaryFolder(), 'all.parquet');
  await gatherRun(run, { out, maxRejected });
  return bytesOf(out);
}

/** The files of one run of `embedImages`. */
export async function atOnce(embedder: Embedder, inputs: string | string[], options: EmbedImagesOptions = {}) {
  const out = join(temporaryFolder(), 'once.parquet');
  await embedImages(embedder, inputs, out, { maxRejected: 3, ...options });
  return bytesOf(out);
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
