/** What a weights folder gives for the images of a file, to compare with the values of another program. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImages, withChannels } from '../../data/index.js';
import { Embedder, type EmbedderOptions } from '../../engine/index.js';

export interface NetworkOutputs {
  /** By module path, one image after another. */
  taps: Map<string, number[]>;
  scores: number[];
}

/** @param isFirst whether only the first batch is run */
export async function networkOutputs(
  weights: string,
  pixels: string,
  { batch = 8, isFirst = false, ...options }: EmbedderOptions & { batch?: number; isFirst?: boolean },
): Promise<NetworkOutputs> {
  const embedder = await Embedder.load(weights, options);
  const channels = embedder.config.preprocessing.mean.length;
  const images = await openImages(pixels, { channels });
  async function* batches() {
    for await (const some of images.batches(batch)) {
      yield withChannels(some, channels, images.where);
      if (isFirst) return;
    }
  }
  const outputs: NetworkOutputs = { taps: new Map(), scores: [] };
  try {
    for await (const { taps, scores } of embedder.run(batches())) {
      for (const [name, { data }] of taps) {
        const values = outputs.taps.get(name) ?? [];
        for (const value of data) values.push(value);
        outputs.taps.set(name, values);
      }
      for (const value of scores ?? []) outputs.scores.push(value);
    }
    return outputs;
  } finally {
    await images.close();
    await embedder.close();
  }
}

// Cases that a script of Python has made: folders, each with a `case.json`.

/** The names of the folders, in order. @param usage printed where there is no such folder */
export function caseFolders(root: string | undefined, usage: string): string[] {
  if (root === undefined || !existsSync(root)) throw new Error(`usage: ${usage}`);
  return readdirSync(root)
    .sort()
    .filter((name) => existsSync(join(root, name, 'case.json')));
}

export function readCase<Case>(...folder: string[]): Case {
  return JSON.parse(readFileSync(join(...folder, 'case.json'), 'utf8')) as Case;
}

/** Checks each and prints a line for it. The exit code is 1 unless all are right, and there are some. @returns how many are right */
export async function checkEach(names: readonly string[], check: (name: string) => Promise<string>): Promise<number> {
  let right = 0;
  for (const name of names) {
    try {
      console.log(`ok     ${name}: ${await check(name)}`);
      right++;
    } catch (error) {
      console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.exitCode = right === names.length && right > 0 ? 0 : 1;
  return right;
}
