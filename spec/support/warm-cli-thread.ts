/** The thread between a spec and its warm process: passes requests on, and wakes the spec when the answer is there. */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { WarmRequest } from './warm-cli.js';
import { WarmProcess } from './warm-process.js';

const { port, answered } = workerData as { port: MessagePort; answered: Int32Array };
const warm = new WarmProcess();

port.on('message', async (request: WarmRequest) => {
  port.postMessage(await warm.run(request));
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});
