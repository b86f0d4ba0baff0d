/** Processes that read mutants, watched: one that takes too long or too much memory is ended, and another takes over. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mutant takes milliseconds; the rest is for a busy machine. */
const WATCHDOG_MS = 30_000;
const MEMORY_CAP_BYTES = 1.5 * 2 ** 30;
const LOOK_MS = 100;
const PAGE_BYTES = 4_096;

export type Ended = { hangs: true } | { hogs: true } | { died: string };

export interface FileCount {
  name: string;
  files: number;
  peer: string | null;
}

export interface ReaderOptions {
  /** Milliseconds that a mutant may take. */
  watchdogMs?: number;
  /** The script that reads mutants, each as soon as it gets a message, and answers with one. */
  program: URL;
}

/** @typeParam Job what a reader gets @typeParam Answer what it answers */
export class Reader<Job extends object, Answer extends object> {
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
      // Looks are counted, not time: of a machine that is held for a while, no reader hangs.
      let left = (this.options.watchdogMs ?? WATCHDOG_MS) / LOOK_MS;
      const looks = setInterval(() => {
        left -= 1;
        if (left < 0) give({ hangs: true });
        else if (memoryOf(child) > MEMORY_CAP_BYTES) give({ hogs: true });
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

/** Bytes in memory; 0 where there is no /proc. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
