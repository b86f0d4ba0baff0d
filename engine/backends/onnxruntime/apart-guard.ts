/** Ends its process by time, memory, or the parent's death: while onnxruntime computes, the process hears nothing. */

import { writeSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ENDED, isAlive } from '#platform';
import type { OnnxFileLimits } from '../../contract/engine-description.js';

const EVERY_MS = 100;
const STDERR = 2;
const MIB = 2 ** 20;

const { seconds, shareOfMemory } = workerData as Required<OnnxFileLimits>;
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
  // Windows never changes `ppid`.
  if (process.ppid !== parent || !isAlive(parent)) return 'nobody waits for it any more';
  const used = process.memoryUsage.rss();
  if (used > most) return `it takes more than ${Math.floor(most / MIB).toLocaleString('en')} MiB of memory`;
  if (since === null || performance.now() - since < seconds * 1000) return null;
  return `it gave no answer in ${seconds} s`;
}
