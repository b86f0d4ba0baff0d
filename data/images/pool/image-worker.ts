/** A thread of the image pool. It makes one image after another ready until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '../../../base/index.js';
import { closeSoon } from '../../../files/index.js';
import { type PoolMessage, type PoolOrder, type PoolReply, type PoolSetting, sendError } from './messages.js';
import { type ImageFile, type ReadyImage, readyLent } from './ready-image.js';

const port = parentPort!;
const { settings } = workerData as PoolSetting;

let last: Promise<void> = Promise.resolve();
port.on('message', (message: PoolMessage) => {
  if (message === null) closeSoon(port);
  else last = last.then(() => answer(message));
});

async function answer({ file, spare }: PoolOrder): Promise<void> {
  const reply = await ready(file, spare);
  port.postMessage(reply, reply.type === 'ready' ? [reply.image.pixels.data.buffer as ArrayBuffer] : []);
}

async function ready(file: ImageFile, spare: ArrayBuffer | undefined): Promise<PoolReply> {
  try {
    return { type: 'ready', image: withOwnBuffer(await readyLent(file, settings), spare) };
  } catch (error) {
    if (error instanceof CodedError) return { type: 'refused', error: sendError(error) };
    return { type: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/**
 * The buffer goes to the other thread: it must hold these pixels and nothing else. One that has been there before is better:
 * the other thread need not collect it.
 */
function withOwnBuffer(image: ReadyImage, spare: ArrayBuffer | undefined): ReadyImage {
  const { pixels } = image;
  const { byteLength, buffer } = pixels.data;
  if (spare?.byteLength === byteLength) {
    const data = new Uint8Array(spare);
    data.set(pixels.data);
    return { ...image, pixels: { ...pixels, data } };
  }
  return byteLength === buffer.byteLength ? image : { ...image, pixels: { ...pixels, data: pixels.data.slice() } };
}
