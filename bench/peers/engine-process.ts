/** The bench's side of `protocol.ts`: an engine that runs in its own process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { EngineTask, Ready, Timing } from './protocol.js';

/** Characters of stderr that are kept for the message when an engine fails. */
const STDERR_KEPT = 2000;

export class EngineProcess {
  version = '';
  #stderr = '';
  readonly #lines: AsyncIterator<string>;

  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(
    readonly name: string,
    readonly task: EngineTask,
    child: ChildProcessWithoutNullStreams,
  ) {
    this.#child = child;

    child.stderr.on('data', (part) => {
      this.#stderr = (this.#stderr + part).slice(-STDERR_KEPT);
    });
    child.stdin.on('error', () => {});
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Resolves once the engine is warmed up and ready. @throws Error with its last stderr output if it ends before */
  static async start(name: string, command: readonly string[], task: EngineTask): Promise<EngineProcess> {
    const [program = '', ...rest] = command;
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: String(task.threads) };
    const engine = new EngineProcess(name, task, spawn(program, [...rest, JSON.stringify(task)], { env }));
    engine.version = ((await engine.#next()) as Ready).version;
    return engine;
  }

  /** Images a second over this number of batches. */
  async rate(batches: number): Promise<number> {
    this.#child.stdin.write(`${batches}\n`);
    const { seconds } = (await this.#next()) as Timing;
    return (batches * this.task.rows) / seconds;
  }

  /** The outputs of its first batch. */
  async output(): Promise<Float32Array> {
    const bytes = await readFile(this.task.output);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #next(): Promise<Ready | Timing> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.name} ended: ${this.#stderr.trim().split('\n').slice(-3).join(' ')}`);
    return JSON.parse(value) as Ready | Timing;
  }
}
