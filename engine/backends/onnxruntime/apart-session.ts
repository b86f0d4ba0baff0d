/**
 * An ONNX file in a process of its own. Nobody knows what a file does before it runs: a loop in it may have no end, and take all
 * memory; native code may crash. Then that process ends, and the caller gets an error.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findOptionalPackage } from '../../../files/index.js';
import type { StoredOnnxFile } from '../../../graph/index.js';
import type { ImageBatch } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import type { FileValue } from '../../contract/onnx-file.js';
import { type Answer, type ApartLimits, ENDED, type Question } from './apart-messages.js';
import { NOT_INSTALLED, unusable } from './choose-device.js';
import type { Pixels } from './file-session.js';
import { PACKAGE } from './packages.js';

const SCRIPT = new URL('./apart-process.js', import.meta.url);
/** The largest networks answer in a tenth of the time, also on a slow machine. */
const LIMITS: ApartLimits = { seconds: 60, shareOfMemory: 0.75 };
/** Bytes of the file that are written at once. */
const PIECE_BYTES = 16 * 2 ** 20;
/** The most characters of a crashed process's output that are kept, and told. */
const MAX_KEPT = 4096;
const MAX_TOLD = 200;

export class ApartSession {
  readonly #process: ChildProcess;
  #errors = '';
  /** Why it has ended; null while it runs. */
  #end: EngineError | null = null;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stderr!.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString('utf8')).slice(-MAX_KEPT);
    });
    process.on('error', (error) => {
      this.#errors += error.message;
    });
    process.on('close', (code, signal) => {
      this.#end = new EngineError('BACKEND_FAILED', `onnxruntime: ${this.#reason(`${signal ?? code}`)}`);
    });
  }

  /**
   * @param limits those that tests change
   * @throws EngineError `BACKEND_NOT_INSTALLED`; `BACKEND_FAILED` also for a file that takes too long, or too much memory
   */
  static async open(
    { facts, bytes }: StoredOnnxFile,
    values: readonly string[],
    pixels: Pixels,
    limits: Partial<ApartLimits> = {},
  ): Promise<ApartSession> {
    if (findOptionalPackage(PACKAGE) === null) throw unusable(NOT_INSTALLED);
    const child = fork(SCRIPT, [], {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
    const session = new ApartSession(child);
    const { length } = bytes;
    const written = pipeline(Readable.from(piecesOf(bytes)), child.stdin!).catch(() => {
      // A process that ends before it has read all says so by its end.
    });
    try {
      await session.#ask({ ask: 'open', facts, values, pixels, limits: { ...LIMITS, ...limits }, length });
      await written;
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** As `FileSession.run`. */
  run(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>> {
    return this.#ask({ ask: 'run', images, names, withData: true });
  }

  /** As `run`, without the numbers: each value's `data` is empty. */
  look(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>> {
    return this.#ask({ ask: 'run', images, names, withData: false });
  }

  async close(): Promise<void> {
    if (this.#end !== null) return;
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await closed;
  }

  async #ask(question: Question): Promise<ReadonlyMap<string, FileValue>> {
    const answer = await this.#answer(question);
    if ('values' in answer) return answer.values;
    const { code, message, hint } = answer.error;
    throw new EngineError(code, message, { hint: hint ?? undefined });
  }

  #answer(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const child = this.#process;
      const onMessage = (message: unknown) => {
        child.off('close', onClose);
        resolve(message as Answer);
      };
      const onClose = () => {
        child.off('message', onMessage);
        reject(this.#end!);
      };
      if (this.#end !== null) return reject(this.#end);
      child.once('message', onMessage);
      child.once('close', onClose);
      // An error of sending is that of a process that has ended.
      child.send(question, () => {});
    });
  }

  /** @param end the signal or the exit code */
  #reason(end: string): string {
    const lines = this.#errors.split('\n');
    const told = lines.find((line) => line.startsWith(ENDED));
    if (told !== undefined) return told.slice(ENDED.length);
    const [line] = lines.filter((one) => /error|cannot|fail/i.test(one));
    const ended = `its process ended with ${end}`;
    return line === undefined ? ended : `${ended}: ${line.trim().slice(0, MAX_TOLD)}`;
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
