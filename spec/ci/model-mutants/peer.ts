/** A program that computes mutants as the library of their format does. One that dies or hangs is started anew for the next. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Null stands for what JSON has no number for. */
export type Numbers = readonly (number | null)[];
export type PeerAnswer = { outputs: Record<string, Numbers> } | { refused: string };

/** The first answer takes the library's start. */
const MAX_MS = 120_000;

export class Peer {
  readonly #command: readonly [string, ...string[]];
  #process: ChildProcessWithoutNullStreams | null = null;

  constructor(...command: [string, ...string[]]) {
    this.#command = command;
  }

  ask(question: object): Promise<PeerAnswer> {
    const child = this.#started();
    return new Promise((resolve) => {
      const lines = createInterface({ input: child.stdout });
      const give = (answer: PeerAnswer) => {
        clearTimeout(timer);
        lines.close();
        child.removeAllListeners('exit');
        if ('refused' in answer && answer.refused === ENDED) this.close();
        resolve(answer);
      };
      const timer = setTimeout(() => give({ refused: ENDED }), MAX_MS);
      lines.once('line', (line) => give(JSON.parse(line) as PeerAnswer));
      child.once('exit', () => give({ refused: ENDED }));
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  #started(): ChildProcessWithoutNullStreams {
    if (this.#process !== null) return this.#process;
    const [program, ...args] = this.#command;
    const child = spawn(program, args);
    child.stderr.resume();
    child.stdin.on('error', () => {
      // Its end says so.
    });
    this.#process = child;
    return child;
  }
}

const ENDED = 'the library crashed or took too long';
