/** The process that makes networks, one when it is asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { packageRoot as root } from '../../support/places.js';

export class MakerEnded extends Error {
  readonly code = 'MAKER_ENDED';

  constructor(line: string, how: string) {
    super(`MAKER_ENDED: the Python that makes networks ended ${how}, asked for ${line}; what it said stands above`);
  }
}

export class Maker {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  /** How the process has ended, in words; null: it runs. */
  #end: string | null = null;

  constructor(python: string, folder: string) {
    const script = join(root, 'spec', 'ci', 'networks', 'make.py');
    this.#process = spawn(python, [script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONUNBUFFERED: '1' },
    });
    this.#process.once('exit', (code, signal) => {
      this.#end = signal === null ? `with exit code ${code}` : `by ${signal}`;
    });
    // A process that was not started has no exit.
    this.#process.once('error', ({ message }) => {
      this.#end = message;
    });
    // Writing to a process that has ended fails. Its end says so.
    this.#process.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /**
   * @param line of `networks.txt`
   * @param seed of the draw
   * @throws Error with what Python says of this network
   * @throws MakerEnded if Python itself has ended: no further network can be made
   */
  async make(line: string, seed: number): Promise<void> {
    this.#process.stdin!.write(`${line} seed=${seed}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new MakerEnded(line, await this.#ended());
    if (value !== 'made') throw new Error(`not made: ${value}`);
  }

  /** The lines may end before the process does. */
  async #ended(): Promise<string> {
    while (this.#end === null) await setTimeout(10);
    return this.#end;
  }

  close(): void {
    this.#process.stdin!.end();
    this.#lines.close();
  }
}
