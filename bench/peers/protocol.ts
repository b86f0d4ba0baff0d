/**
 * The protocol between the bench and an engine, which has its own process: some take their number of threads from the
 * environment. Lines on its stdin are requests, lines of JSON on its stdout answers. The first line is `Ready`. For a
 * line with a whole number N it runs N batches and answers `Timing`. It ends when its stdin ends.
 */

import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ImageBatch, Precision } from '../../engine/index.js';

export interface Ready {
  /** Package or library of the engine, with its version. */
  version: string;
}

export interface Timing {
  seconds: number;
}

/** The task of an engine, as its only argument, in JSON. */
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
  /** Seconds that it runs before it reports that it is ready. */
  warmUpSeconds: number;
  threads: number;
  /** Path for the outputs of a batch, raw float32: the embeddings, then the scores. */
  output: string;
  /** For our own engines: backend and precision. */
  backend: string;
  precision: Precision;
}

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

/** An engine that takes one batch after another. */
export function repeated(once: (batch: ImageBatch) => Promise<Outputs>): Engine['run'] {
  return async (batch, times) => {
    for (let i = 1; i < times; i++) await once(batch);
    return once(batch);
  };
}

export function engineTask(): EngineTask {
  return JSON.parse(process.argv[2] ?? '') as EngineTask;
}

export async function serve({ version, run }: Engine, batch: ImageBatch, task: EngineTask): Promise<void> {
  // Warms up until V8 has compiled all hot code, and every arena and cache exists.
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

// A peer as a whole process.

export interface PeerRun<Told> {
  /** The line of JSON that it prints. */
  told: Told;
  /** Time of the whole process. */
  seconds: number;
}

/** @throws Error with its stderr if it does not end with 0 */
export function peerRun<Told>(program: string, ...args: string[]): PeerRun<Told> {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { told: JSON.parse(stdout) as Told, seconds: (performance.now() - started) / 1000 };
}

// Finds the installed peers: packages in `bench/node_modules`, and a Python with PyTorch.

/** Compiled, this file lies in `dist/bench/peers/`; the peers lie in `bench/node_modules/`. */
export const PEERS_FOLDER = fileURLToPath(new URL('../../../bench', import.meta.url));

export const PEERS = new URL('../../../bench/package.json', import.meta.url).href;

export function pythonScript(name: string): string {
  return fileURLToPath(new URL(`../../../bench/peers/${name}`, import.meta.url));
}

export function hasPeer(name: string): boolean {
  try {
    createRequire(PEERS).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** `IMAGE_DRIFT_PYTHON`, or else the system's own (Debian's `python3-torch`); null if neither has torch. */
export function pythonWithTorch(): string | null {
  const candidates = [process.env['IMAGE_DRIFT_PYTHON'], '/usr/bin/python3', 'python3'];
  for (const python of candidates) {
    if (python && spawnSync(python, ['-c', 'import torch, torchvision']).status === 0) return python;
  }
  return null;
}
