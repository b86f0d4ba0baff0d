/** A program that computes mutants as the library of their format does. One that dies or hangs is started anew for the next. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Null stands for what JSON has no number for. */
export type Numbers = readonly (number | null)[];
export type PeerAnswer = { outputs: Record<string, Numbers> } | { refused: string } | { ended: true };

const MAX_MS = 120_000;
const MAX_START_MS = 900_000;
/** Characters of what it says when it does not start. */
const MAX_SAID = 500;

export class Peer {
  readonly #command: readonly [string, ...string[]];
  #process: ChildProcessWithoutNullStreams | null = null;

  constructor(...command: [string, ...string[]]) {
    this.#command = command;
  }

  async ask(question: object): Promise<PeerAnswer> {
    this.#process ??= await this.#started();
    const line = await nextLine(this.#process, MAX_MS, () =>
      this.#process!.stdin.write(`${JSON.stringify(question)}\n`),
    );
    if (line !== null) return JSON.parse(line) as PeerAnswer;
    this.close();
    return { ended: true };
  }

  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = null;
  }

  /** Its libraries are loaded when it says its first line. That may take minutes where other work keeps the machine busy. */
  async #started(): Promise<ChildProcessWithoutNullStreams> {
    const [program, ...args] = this.#command;
    const child = spawn(program, args);
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = `${said}${bytes}`.slice(-MAX_SAID);
    });
    child.stdin.on('error', () => {
      // Its end says so.
    });
    if ((await nextLine(child, MAX_START_MS)) !== null) return child;
    child.kill('SIGKILL');
    throw new Error(`${this.#command.join(' ')} did not start in ${MAX_START_MS / 1000} s: ${said}`);
  }
}

/** @returns null if the process ends before, or takes too long */
function nextLine(
  child: ChildProcessWithoutNullStreams,
  limit: number,
  begin = (): unknown => undefined,
): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout });
    const give = (line: string | null) => {
      clearTimeout(timer);
      lines.close();
      child.off('exit', none).off('error', none);
      resolve(line);
    };
    const none = () => give(null);
    const timer = setTimeout(none, limit);
    lines.once('line', give);
    child.once('exit', none).once('error', none);
    begin();
  });
}
