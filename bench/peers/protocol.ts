/**
 * What the bench and an engine say to each other. Every engine is a process of its own: some take their number of
 * threads from the environment, and none must disturb another. Lines of JSON on stdout, answers to lines on stdin.
 *
 * First line of the engine: `Ready`. Then for each line with a whole number N it runs N batches and answers `Timing`;
 * at the end of its stdin it ends.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ImageBatch, Precision } from '../../engine/index.js';

export interface Ready {
  /** Of the engine: package or library with its version. */
  version: string;
}

export interface Timing {
  seconds: number;
}

/** What an engine is started with, as its only argument, JSON. */
export interface EngineTask {
  /** Weights folder, float32. */
  weights: string;
  /** uint8 `[rows, height, width, 3]`, raw. */
  images: string;
  rows: number;
  height: number;
  width: number;
  /** Module path of the layer whose output is the embedding. */
  tap: string;
  /** How long it runs before it says that it is ready. */
  warmUpSeconds: number;
  threads: number;
  /** Where the outputs of a batch go, float32, raw: the embeddings, then the scores. */
  output: string;
  /** For our own engines: which backend, and how exact. */
  backend: string;
  precision: Precision;
}

/** For one batch. */
export interface Outputs {
  /** `[rows, features]` or `[rows, features, 1, 1]`. */
  embeddings: Float32Array;
  /** Softmax, `[rows, classes]`. */
  scores: Float32Array;
}

export interface Engine {
  version: string;
  /** Runs the batch `times` times, at least once. @returns the outputs of the last one */
  run(batch: ImageBatch, times: number): Promise<Outputs>;
}

export function engineTask(): EngineTask {
  return JSON.parse(process.argv[2] ?? '') as EngineTask;
}

/** The engine's side. */
export async function serve({ version, run }: Engine, batch: ImageBatch, task: EngineTask): Promise<void> {
  // Until V8 has compiled all that is busy, and every arena and cache is there.
  const warm = performance.now() + task.warmUpSeconds * 1000;
  let outputs: Outputs;
  do outputs = await run(batch, 2 * Math.max(1, task.threads));
  while (performance.now() < warm);
  const { embeddings, scores } = outputs;
  await writeFile(task.output, Buffer.concat([bytesOf(embeddings), bytesOf(scores)]));
  tell({ version });
  for await (const line of createInterface(process.stdin)) {
    const start = performance.now();
    await run(batch, Number(line));
    tell({ seconds: (performance.now() - start) / 1000 });
  }
  process.exit(0);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function tell(message: Ready | Timing): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
