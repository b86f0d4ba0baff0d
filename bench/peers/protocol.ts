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
import type { Availability, ImageBatch, Precision } from '../../engine/index.js';
import { LineProcess } from '../../spec/support/line-process.js';

export interface Ready {
  /** Package or library of the engine, with its version. */
  version: string;
  /** What an engine runs on that was given `device`, and whether that is a GPU. */
  device?: string | null;
  kind?: Availability['kind'];
  driver?: string | null;
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
  /** Paths of layers whose outputs are written as well, each to a file: `output`, a point and the path. Default: none. */
  layers?: readonly string[];
  /** Seconds that it runs before it reports that it is ready. */
  warmUpSeconds: number;
  threads: number;
  /** Path for the outputs of a batch, raw float32: the embeddings, then the scores. */
  output: string;
  /** For our own engines: backend and precision. */
  backend: string;
  precision: Precision;
  /** Where it computes, in its own words. Default: what it would choose. */
  device?: string | undefined;
}

export interface Outputs {
  /** `[rows, features]` or `[rows, features, 1, 1]`. */
  embeddings: Float32Array;
  /** Softmax, `[rows, classes]`. */
  scores: Float32Array;
  /** Those of `EngineTask.layers`. */
  layers?: ReadonlyMap<string, Float32Array>;
}

export interface Engine extends Ready {
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

export async function serve({ run, ...ready }: Engine, batch: ImageBatch, task: EngineTask): Promise<void> {
  // Warms up until V8 has compiled all hot code, and every arena and cache exists.
  const warm = performance.now() + task.warmUpSeconds * 1000;
  let outputs: Outputs;
  do outputs = await run(batch, 2 * Math.max(1, task.threads));
  while (performance.now() < warm);
  const { embeddings, scores, layers = new Map<string, Float32Array>() } = outputs;
  await writeFile(task.output, Buffer.concat([bytesOf(embeddings), bytesOf(scores)]));
  for (const [name, values] of layers) await writeFile(`${task.output}.${name}`, bytesOf(values));
  tell(ready);
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

// The bench's side.

export class EngineProcess {
  readonly ready: Ready;
  readonly #process: LineProcess;

  private constructor(process: LineProcess, ready: Ready) {
    this.#process = process;
    this.ready = ready;
  }

  /** @throws Error with the reason, if it ends */
  static async start(command: readonly string[], task: EngineTask): Promise<EngineProcess> {
    const env = { TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: String(task.threads) };
    const process = new LineProcess([...command, JSON.stringify(task)], env);
    return new EngineProcess(process, answerOf<Ready>(process, await process.next()));
  }

  async seconds(batches: number): Promise<number> {
    return answerOf<Timing>(this.#process, await this.#process.ask(String(batches))).seconds;
  }

  kill(): void {
    this.#process.kill();
  }
}

function answerOf<Answer>({ said }: LineProcess, line: string | null): Answer {
  if (line !== null) return JSON.parse(line) as Answer;
  const lines = said.trim().split('\n');
  throw new Error(lines.findLast((one) => /error/i.test(one)) ?? lines.at(-1));
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
