/** A process that answers each line on its stdin with a line of JSON on its stdout. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Characters of stderr that are kept for the message when a process fails. */
const STDERR_KEPT = 2000;

export class LineProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(name: string, [program = '', ...args]: readonly string[], env = process.env) {
    this.#name = name;
    this.#child = spawn(program, args, { env });
    this.#child.stderr.on('data', (part) => {
      this.#stderr = (this.#stderr + part).slice(-STDERR_KEPT);
    });
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** The answer to a line. @throws Error with its last stderr output if it ends before */
  ask<Answer>(line: string | number): Promise<Answer> {
    this.#child.stdin.write(`${line}\n`);
    return this.next();
  }

  /** The next line that it writes. */
  async next<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended: ${this.#stderr.trim().split('\n').slice(-3).join(' ')}`);
    return JSON.parse(value) as Answer;
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
