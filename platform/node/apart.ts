/** A process of its own for what may crash, hang or take all memory: a driver, a package, a switch, a strange file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The most characters of its stderr that are kept, and that a reason shows. */
const MAX_KEPT = 4096;
const MAX_SHOWN = 200;

/** Before the reason for which a process ended itself, in its stderr. */
export const ENDED = 'ended: ';

export interface ApartOptions {
  args?: readonly string[] | undefined;
  /** Arguments of Node; default: none. */
  execArgv?: readonly string[] | undefined;
  /** Milliseconds after which it is ended; default: never. */
  timeout?: number | undefined;
  /** Whether it reads its standard input; default: it has none. */
  readsInput?: boolean | undefined;
}

export class Apart {
  readonly #process: ChildProcess;
  readonly #timeout: number | undefined;
  #errors = '';
  /** Why it has ended; null while it runs. */
  #end: Error | null = null;

  /** @throws Error where Node's permission model forbids other processes */
  constructor(script: URL, { args = [], execArgv = [], timeout, readsInput = false }: ApartOptions = {}) {
    const child = spawn(process.execPath, [...execArgv, fileURLToPath(script), ...args], {
      // Its own output is dropped. The end of stderr is shown when it crashes.
      stdio: [readsInput ? 'pipe' : 'ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
      timeout,
      killSignal: 'SIGKILL',
    });
    this.#process = child;
    this.#timeout = timeout;
    child.stderr!.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString('utf8')).slice(-MAX_KEPT);
    });
    child.on('error', (error) => {
      this.#errors += error.message;
    });
    child.on('close', (code, signal) => {
      this.#end = new Error(this.#reason(`${signal ?? code}`));
    });
  }

  get input(): NodeJS.WritableStream {
    return this.#process.stdin!;
  }

  /** Its next message, after this question if there is one. @throws Error that says how it ended without an answer */
  answer<Answer>(question?: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const child = this.#process;
      const onMessage = (message: unknown) => {
        child.off('close', onClose);
        resolve(message as Answer);
      };
      const onClose = () => {
        child.off('message', onMessage);
        reject(this.#end);
      };
      if (this.#end !== null) return reject(this.#end);
      child.once('message', onMessage);
      child.once('close', onClose);
      // An error of sending is that of a process that has ended.
      if (question !== undefined) child.send(question, () => {});
    });
  }

  async close(): Promise<void> {
    if (this.#end !== null) return;
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await closed;
  }

  /** @param end the signal or the exit code */
  #reason(end: string): string {
    const lines = this.#errors.split('\n');
    const said = lines.find((line) => line.startsWith(ENDED));
    if (said !== undefined) return said.slice(ENDED.length);
    const [line] = lines.filter((one) => /error|cannot|fail/i.test(one));
    const isLate = this.#timeout !== undefined && this.#process.killed;
    const ended = isLate ? `it gave no answer in ${this.#timeout! / 1000} s` : `its process ended with ${end}`;
    return line === undefined ? ended : `${ended}: ${line.trim().slice(0, MAX_SHOWN)}`;
  }
}
