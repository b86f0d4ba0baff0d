/**
 * A number for the bits that an engine computes on this machine: the sha256 of what the network gives for one image of made
 * pixels. Machines with the same probe may share a run.
 */
import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { Random } from '../../base/index.js';
import type { Embedder, ImageBatch } from '../../engine/index.js';

/** For a network that takes images of any size. */
const SIDE = 224;
const SEED = 19;

export async function probeOf(embedder: Embedder): Promise<string> {
  const hash = createHash('sha256');
  for await (const { taps, scores } of embedder.run([madeImage(embedder)])) {
    for (const { data } of taps.values()) hash.update(bytesOf(data));
    if (scores !== null) hash.update(bytesOf(scores));
  }
  return hash.digest('hex');
}

/** The machine, as a person tells it from another. */
export function machineName(): string {
  return `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() || 'unknown processor'}, Node ${process.version}`;
}

function madeImage({ config: { preprocessing } }: Embedder): ImageBatch {
  const [height, width] = preprocessing.size ?? [SIDE, SIDE];
  const random = new Random(SEED);
  const data = Uint8Array.from({ length: height * width * preprocessing.mean.length }, () => random.uint32() & 255);
  return { rows: 1, height, width, data };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
