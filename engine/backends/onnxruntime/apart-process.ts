/**
 * The process that runs an ONNX file apart. It opens one session, with the bytes that come by stdin, and answers one question after
 * the other, until it is ended.
 */
import { Worker } from 'node:worker_threads';
import { CodedError } from '../../../base/index.js';
import type { Answer, OpenQuestion, Question } from './apart-messages.js';
import type { FileSession } from './file-session.js';
import { openFile } from './open-file.js';

const GUARD = new URL('./apart-guard.js', import.meta.url);

let session: FileSession | null = null;
let guard: Worker | null = null;

process.on('message', async (message) => {
  const question = message as Question;
  guard ??= question.ask === 'open' ? startGuard(question) : null;
  guard?.postMessage(true);
  const answer = await answerTo(question);
  guard?.postMessage(false);
  process.send!(answer);
});

function startGuard({ limits }: OpenQuestion): Worker {
  const started = new Worker(GUARD, { workerData: limits });
  started.unref();
  return started;
}

async function answerTo(question: Question): Promise<Answer> {
  try {
    if (question.ask === 'open') {
      const { facts, values, pixels, length } = question;
      session = await openFile({ facts, bytes: await readInput(length) }, values, pixels);
      return { values: new Map() };
    }
    const { images, names, withData } = question;
    const values = await session!.run(images, names);
    if (withData) return { values };
    return { values: new Map([...values].map(([name, value]) => [name, { ...value, data: new Float32Array(0) }])) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, hint } = error;
    return { error: { code, message, hint } };
  }
}

async function readInput(length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
