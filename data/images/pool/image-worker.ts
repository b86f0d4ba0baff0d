/** A thread of the image pool. It makes one image after another ready until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '../../../errors/index.js';
import { type PoolReply, type PoolSetting, sendError } from './messages.js';
import { type ImageFile, type ReadyImage, readyImage } from './ready-image.js';

const port = parentPort!;
const { settings } = workerData as PoolSetting;

port.on('message', async (file: ImageFile) => {
  const reply = await ready(file);
  port.postMessage(reply, reply.type === 'ready' ? [reply.image.pixels.data.buffer as ArrayBuffer] : []);
});

async function ready(file: ImageFile): Promise<PoolReply> {
  try {
    return { type: 'ready', image: withOwnBuffer(await readyImage(file, settings)) };
  } catch (error) {
    if (error instanceof CodedError) return { type: 'refused', error: sendError(error) };
    return { type: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** The buffer goes to the other thread: it must hold these pixels and nothing else. */
function withOwnBuffer(image: ReadyImage): ReadyImage {
  const { pixels } = image;
  if (pixels.data.byteLength === pixels.data.buffer.byteLength) return image;
  return { ...image, pixels: { ...pixels, data: pixels.data.slice() } };
}
