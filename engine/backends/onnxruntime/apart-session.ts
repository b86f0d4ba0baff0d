/** An ONNX file in a process of its own: it may hold a loop without end, take all memory, or crash native code. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Apart, findOptionalPackage } from '#platform';
import { receiveError } from '../../../base/index.js';
import type { Answer } from '../../../files/index.js';
import type { ImageBatch } from '../../contract/backend.js';
import type { FileValue, OnnxFileLimits, OnnxFileRequest, OnnxFileSession } from '../../contract/engine-description.js';
import { EngineError } from '../../contract/engine-error.js';
import { ONNXRUNTIME } from '../packages.js';
import { NOT_INSTALLED, unusable } from './device.js';

const SCRIPT = new URL('./apart-process.js', import.meta.url);
/** The largest networks answer in a tenth of the time, also on a slow machine. */
const LIMITS: Required<OnnxFileLimits> = { seconds: 60, shareOfMemory: 0.75 };
const PIECE_BYTES = 16 * 2 ** 20;

/** @param length bytes of the file, which come by way of stdin */
export type OpenQuestion = Omit<OnnxFileRequest, 'bytes'> & { limits: Required<OnnxFileLimits>; length: number };

/** @param withData whether the values' numbers are wanted, or only what they are */
export type RunQuestion = { images: ImageBatch; names: readonly string[]; withData: boolean };

type Values = ReadonlyMap<string, FileValue>;

/** The values are empty when a session was opened. An error is an `EngineError`. */
export type ValuesAnswer = Answer<Values>;

export class ApartSession implements OnnxFileSession {
  readonly #process = new Apart(SCRIPT, { readsInput: true });

  private constructor() {}

  /** @throws EngineError `BACKEND_NOT_INSTALLED`; `BACKEND_FAILED` also where it takes too much time or memory */
  static async open({ bytes, ...request }: OnnxFileRequest, limits: OnnxFileLimits = {}): Promise<ApartSession> {
    if (findOptionalPackage(ONNXRUNTIME) === null) throw unusable(NOT_INSTALLED);
    const session = new ApartSession();
    const written = pipeline(Readable.from(piecesOf(bytes)), session.#process.input).catch(() => {
      // A process that ends before it has read all says so by its end.
    });
    try {
      await session.#ask({ ...request, limits: { ...LIMITS, ...limits }, length: bytes.length });
      await written;
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  run(images: ImageBatch, names: readonly string[]): Promise<Values> {
    return this.#ask({ images, names, withData: true });
  }

  look(images: ImageBatch, names: readonly string[]): Promise<Values> {
    return this.#ask({ images, names, withData: false });
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  async #ask(question: OpenQuestion | RunQuestion): Promise<Values> {
    const answer = await this.#process.answer<ValuesAnswer>(question).catch((error: Error): never => {
      throw new EngineError('BACKEND_FAILED', `onnxruntime: ${error.message}`);
    });
    if ('result' in answer) return answer.result;
    throw receiveError(answer.error);
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
