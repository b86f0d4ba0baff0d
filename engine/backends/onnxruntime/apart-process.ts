/** The process that runs an ONNX file apart: one session, with the bytes that come by stdin, and its answers. */
import { Worker } from 'node:worker_threads';
import { CodedError, sendError } from '../../../base/index.js';
import { withOutputs } from '../../../graph/onnx/index.js';
import type { OpenQuestion, RunQuestion, ValuesAnswer } from './apart-session.js';
import { chooseDevice, unusable } from './device.js';
import { FileSession } from './file-session.js';

const GUARD = new URL('./apart-guard.js', import.meta.url);

let session: FileSession | null = null;
let guard: Worker | null = null;

process.on('message', async (question: OpenQuestion | RunQuestion) => {
  guard ??= 'limits' in question ? startGuard(question) : null;
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

async function answerTo(question: OpenQuestion | RunQuestion): Promise<ValuesAnswer> {
  try {
    if ('limits' in question) {
      session = await open(question);
      return { result: new Map() };
    }
    const { images, names, withData } = question;
    const values = await session!.run(images, names);
    if (withData) return { result: values };
    return { result: new Map([...values].map(([name, value]) => [name, { ...value, data: new Float32Array(0) }])) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { error: sendError(error) };
  }
}

async function open({ facts, values, length, mean, std }: OpenQuestion): Promise<FileSession> {
  const choice = await chooseDevice(undefined);
  if (!choice.ok) throw unusable(choice);
  const bytes = withOutputs(await readInput(length), values);
  return FileSession.open(choice.runtime, { facts, bytes }, { mean, std }, { device: choice.device });
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
