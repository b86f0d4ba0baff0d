/**
 * What the bench and an engine say to each other. Every engine is a process of its own: some take their number of
 * threads from the environment, and none must disturb another. Lines of JSON on stdout, answers to lines on stdin.
 *
 * First line of the engine: `Ready`. Then for each line with a whole number N it runs N batches and answers `Timing`;
 * at the end of its stdin it ends.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ImageBatch } from '../../engine/index.js';

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
  /** Module path of the layer whose output is compared. */
  tap: string;
  threads: number;
  /** Where the outputs of the first batch go, float32, raw. */
  output: string;
  /** For our own engines: which backend. */
  backend: string;
}

export interface Engine {
  version: string;
  /** Runs the batch `times` times. @returns the tap's output for the last one, `[rows, features]` */
  run(batch: ImageBatch, times: number): Promise<Float32Array>;
}

export function engineTask(): EngineTask {
  return JSON.parse(process.argv[2] ?? '') as EngineTask;
}

/** The engine's side. The first run is warm-up, and its output is what gets compared. */
export async function serve({ version, run }: Engine, batch: ImageBatch, output: string): Promise<void> {
  const first = await run(batch, 1);
  await writeFile(output, new Uint8Array(first.buffer, first.byteOffset, first.byteLength));
  tell({ version });
  for await (const line of createInterface(process.stdin)) {
    const start = performance.now();
    await run(batch, Number(line));
    tell({ seconds: (performance.now() - start) / 1000 });
  }
  process.exit(0);
}

function tell(message: Ready | Timing): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
