import { threadData } from '#platform';
import { CodedError } from '../../../base/index.js';
import { answerOrders } from '../../../files/index.js';
import type { PoolOrder, PoolResult, PoolSetting } from './image-pool.js';
import { type ReadyImage, readyLent, readyRows, SharedRoom } from './ready-image.js';

// Not awaited here: V8 ends the process if a thread is ended while a module that awaits is evaluated.
void threadData<PoolSetting>().then(begin);

function begin({ settings, room, thread }: PoolSetting): void {
  const shared = new SharedRoom(room);
  answerOrders((order: PoolOrder) => answer(order, settings, shared, thread), {
    buffersOf(result) {
      const { data } = 'image' in result ? result.image.pixels : result.rows;
      return [data.buffer as ArrayBuffer];
    },
  });
}

async function answer(
  order: PoolOrder,
  settings: PoolSetting['settings'],
  shared: SharedRoom,
  thread: number,
): Promise<PoolResult> {
  if ('rows' in order) return { rows: readyRows(order.rows, settings) };
  const { file, spare } = order;
  try {
    const image = await readyLent(file, settings, (bytes) => shared.enter(thread, bytes));
    return { image: withOwnBuffer(image, spare) };
  } catch (error) {
    throw error instanceof CodedError ? error : naming(file.where, error);
  } finally {
    shared.leave(thread);
  }
}

/** The buffer goes to the other thread, so it must hold only these pixels; that thread need not collect a spare one. */
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

/** What nobody expected. Its stack is for --verbose, and no part of the message. */
function naming(where: string, cause: unknown): Error {
  const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  const error = new Error(`${where}: ${stack.split('\n', 1)[0]}`);
  error.stack = stack;
  return error;
}
