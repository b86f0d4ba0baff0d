/** A thread of `LookThreads`. It makes one table after another until it is ended. */
import { parentPort } from 'node:worker_threads';
import { closeSoon } from '../../files/index.js';
import { changedTable } from './changed-table.js';
import type { LookMessage, LookReply } from './look-threads.js';

const port = parentPort!;

port.on('message', (message: LookMessage) => {
  if (message === null) closeSoon(port);
  else answer(message);
});

function answer(order: NonNullable<LookMessage>): void {
  try {
    const table = changedTable(order);
    port.postMessage({ table } satisfies LookReply, [table.buffer as ArrayBuffer]);
  } catch (error) {
    port.postMessage({ error } satisfies LookReply);
  }
}
