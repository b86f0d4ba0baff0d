/** A program that answers a line on its stdin with a line on its stdout. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Characters of stderr that are kept for messages. */
const STDERR_KEPT = 2000;

export class LineProcess {
  /** The last of what it wrote to stderr. */
  said = '';
  /** How it has ended, in words; null: it runs. */
  end: string | null = null;
  readonly lines: AsyncIterableIterator<string>;
  readonly #child: ChildProcessWithoutNullStreams;

  /** @param tells whether what it writes to stderr is printed */
  constructor([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv = {}, tells = false) {
    this.#child = spawn(program, args, { env: { ...process.env, ...env } });
    if (tells) this.#child.stderr.pipe(process.stderr);
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.said = `${this.said}${bytes}`.slice(-STDERR_KEPT);
    });
    this.#child.once('exit', (code, signal) => {
      this.end = signal === null ? `with exit code ${code}` : `by ${signal}`;
    });
    // A process that was not started has no exit.
    this.#child.once('error', ({ message }) => {
      this.end = message;
    });
    // Writing to a process that has ended fails. Its end says so.
    this.#child.stdin.on('error', () => {});
    this.lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]() as AsyncIterableIterator<string>;
  }

  /** The answer to a line. Several may be asked at once. @returns null if it ends before, or takes too long */
  ask(line: string, limitMs?: number): Promise<string | null> {
    this.#child.stdin.write(`${line}\n`);
    return this.next(limitMs);
  }

  /** The next line that it writes. @returns null if it ends before, or takes too long */
  async next(limitMs?: number): Promise<string | null> {
    const line = this.lines.next().then(({ value, done }) => (done === true ? null : value));
    if (limitMs === undefined) return line;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, limitMs, null);
    });
    return Promise.race([line, late]).finally(() => clearTimeout(timer));
  }

  /** Its stdin ends: it should, too. */
  close(): void {
    this.#child.stdin.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
