/** A thread of the decode pool. It decodes one image after another until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '../../../../errors/index.js';
import { decodeImage } from '../decode-image.js';
import { type DecodeReply, type DecodeRequest, type DecodeSetting, sendError } from './messages.js';

const port = parentPort!;
const { options } = workerData as DecodeSetting;

port.on('message', async ({ bytes, where }: DecodeRequest) => {
  const reply = await decoded(bytes, where);
  port.postMessage(reply, reply.type === 'decoded' ? [reply.image.data.buffer as ArrayBuffer] : []);
});

async function decoded(bytes: Uint8Array, where: string): Promise<DecodeReply> {
  try {
    return { type: 'decoded', image: await decodeImage(bytes, where, options) };
  } catch (error) {
    if (error instanceof CodedError) return { type: 'refused', error: sendError(error) };
    return { type: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
