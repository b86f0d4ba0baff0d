/** A Python that answers lines with lines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../support/places.js';

export class Python {
  readonly #process: ChildProcess;
  readonly lines: AsyncIterableIterator<string>;

  /** @param script in this folder */
  constructor(python: string, script: string, args: readonly string[]) {
    this.#process = spawn(python, ['-W', 'ignore', join(packageRoot, 'spec', 'ci', 'names', script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONUNBUFFERED: '1', OMP_NUM_THREADS: '1' },
    });
    this.lines = createInterface({ input: this.#process.stdout! })[
      Symbol.asyncIterator
    ]() as AsyncIterableIterator<string>;
  }

  /** @throws Error if Python has ended */
  async ask(question: unknown): Promise<string> {
    this.#process.stdin!.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error(`Python ended at ${JSON.stringify(question)}; what it said stands above`);
    return value;
  }

  close(): void {
    this.#process.stdin!.end();
  }
}
