/** Processes that read mutants, watched: one that takes too long or too much memory is ended, and another takes over. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { CodedError } from '../../../base/index.js';
import { orNone, processorSeconds, residentBytes } from '../../support/peak-memory.js';

/** A mutant takes milliseconds. */
const WATCHDOG_MS = 30_000;
/** One that waits for something that never comes takes no processor time. A busy machine lets readers wait, too. */
const MOST_WAITING = 20;
const MEMORY_CAP_BYTES = 1.5 * 2 ** 30;
const LOOK_MS = 100;

export type Ended = { hangs: true } | { hogs: true } | { died: string };

interface FileCount {
  name: string;
  files: number;
  peer: string | null;
}

interface ReaderOptions {
  /** Milliseconds of processor time that a mutant may take. */
  watchdogMs?: number;
  /** The script that reads mutants, each as soon as it gets a message, and answers with one. */
  program: URL;
}

export interface Job {
  kind: string;
  /** Index among the kind's files. */
  file: number;
  seed: number;
}

/** In a reader: the code of a refusal, or an error that is none. */
export type NotRead = { refused: string } | { failed: string };

/** In a reader: what it has read of a mutant, or why it has not. */
export async function outcomeOf<T>(read: () => Promise<T>): Promise<T | NotRead> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CodedError) return { refused: error.code };
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

export class Reader<Answer extends Job> {
  #child: ChildProcess | null = null;
  /** How many processes there were: the working folder of each is its number. */
  starts = 0;
  /** What can be damaged; known after the first start. */
  kinds: FileCount[] = [];

  constructor(
    private readonly folder: string,
    private readonly options: ReaderOptions,
  ) {}

  async start(): Promise<void> {
    const child = fork(this.options.program, [join(this.folder, String(this.starts++))], {
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    this.#child = child;
    this.kinds = await new Promise((ready, fail) => {
      child.once('message', ({ files }: { files: FileCount[] }) => ready(files));
      child.once('exit', (code) => fail(new Error(`a reader ended with ${code} before it began`)));
    });
    child.removeAllListeners('exit');
  }

  /** What came of the job; a reader that did not come through is started anew for the next. */
  async run(job: Job): Promise<Answer | Ended> {
    if (this.#child === null) await this.start();
    const child = this.#child as ChildProcess;
    const ended = await this.#watched(child, job);
    if (!('hangs' in ended || 'hogs' in ended || 'died' in ended)) return ended as Answer;
    child.kill('SIGKILL');
    this.#child = null;
    return ended;
  }

  #watched(child: ChildProcess, job: Job): Promise<Answer | Ended> {
    return new Promise((done) => {
      const give = (outcome: Answer | Ended) => {
        clearInterval(looks);
        child.removeAllListeners();
        done(outcome);
      };
      const most = this.options.watchdogMs ?? WATCHDOG_MS;
      const pid = child.pid!;
      const processorMs = () => 1000 * orNone(() => processorSeconds(pid));
      const before = processorMs();
      // Looks are counted, not time: of a machine that is held for a while, no reader hangs.
      let left = (MOST_WAITING * most) / LOOK_MS;
      const looks = setInterval(() => {
        left -= 1;
        if (left < 0 || processorMs() - before > most) give({ hangs: true });
        else if (orNone(() => residentBytes(pid)) > MEMORY_CAP_BYTES) give({ hogs: true });
      }, LOOK_MS);
      child.once('message', (answer: Answer) => give(answer));
      child.once('exit', (code, signal) => give({ died: String(signal ?? code) }));
      child.send(job);
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
