/** The process that makes networks, one when it is asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { packageRoot as root } from '../../support/paths.js';

export class Maker {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;

  constructor(python: string, folder: string) {
    const script = join(root, 'spec', 'ci', 'networks', 'make.py');
    this.#process = spawn(python, [script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
    });
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** @param line of `networks.txt` @param seed of the draw @throws Error with what Python says */
  async make(line: string, seed: number): Promise<void> {
    this.#process.stdin!.write(`${line} seed=${seed}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the process that makes networks has ended');
    if (value !== 'made') throw new Error(`not made: ${value}`);
  }

  close(): void {
    this.#process.stdin!.end();
    this.#lines.close();
  }
}
