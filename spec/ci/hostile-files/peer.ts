/** The Python program that reads accepted mutants as well: one process, a line of JSON for each question and answer. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Digest } from './digest.js';

/** What it found: values, or why it takes the file for broken; `checksum` where one of the file's own says so. */
export type PeerAnswer = { digest: Digest } | { refused: string; checksum: boolean };

export class Peer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: PeerAnswer) => void)[] = [];

  /** @param python has torch, numpy, pyarrow and safetensors */
  constructor(python: string, script: string) {
    this.#process = spawn(python, ['-W', 'ignore', script]);
    this.#process.stderr.pipe(process.stderr);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as PeerAnswer);
    });
    this.#process.on('exit', () => {
      for (const give of this.#waiting.splice(0)) give({ refused: 'the peer has died', checksum: false });
    });
  }

  /** @param names arrays or columns that we have read: those alone are asked for */
  read(kind: string, path: string, names: readonly string[]): Promise<PeerAnswer> {
    return new Promise((give) => {
      this.#waiting.push(give);
      this.#process.stdin.write(`${JSON.stringify({ kind, path, names })}\n`);
    });
  }

  close(): void {
    this.#process.stdin.end();
  }
}
