/**
 * A thread that ends its process: onnxruntime computes in one piece, and while it does, the process hears nothing. So this thread
 * sees to the time that an answer takes, to memory, and to the death of the process that asks.
 */

import { writeSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type ApartLimits, ENDED } from './apart-messages.js';

const EVERY_MS = 100;
const STDERR = 2;
const MIB = 2 ** 20;

const { seconds, shareOfMemory } = workerData as ApartLimits;
// Without a container's limit, `constrainedMemory` gives 0 or 2⁶⁴.
const most = shareOfMemory * Math.min(process.constrainedMemory() || totalmem(), totalmem());
const parent = process.ppid;
let since: number | null = null;

parentPort!.on('message', (isBusy: boolean) => {
  since = isBusy ? performance.now() : null;
});

setInterval(() => {
  const reason = whatIsTooMuch();
  if (reason === null) return;
  try {
    writeSync(STDERR, `${ENDED}${reason}\n`);
  } catch {
    // Whoever would read it is gone.
  }
  process.kill(process.pid, 'SIGKILL');
}, EVERY_MS);

function whatIsTooMuch(): string | null {
  if (process.ppid !== parent) return 'nobody waits for it any more';
  const used = process.memoryUsage.rss();
  if (used > most) return `it takes more than ${Math.floor(most / MIB).toLocaleString('en')} MiB of memory`;
  if (since === null || performance.now() - since < seconds * 1000) return null;
  return `it gave no answer in ${seconds} s`;
}
