import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ranWell } from './run-beside.js';

/**
 * The largest resident memory of a process so far, MiB: `VmHWM` if `/proc` exists, because `maxRSS` on Linux includes
 * the memory of the parent at the fork.
 * @throws if the process has ended, or for another process on a system without `/proc`
 */
export function peakMegabytes(pid: number | 'self' = 'self'): number {
  if (process.platform !== 'linux' && pid === 'self') return process.resourceUsage().maxRSS / 1024;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kilobytes) / 1024;
}

/** A value of a process that may have ended, or on a system without `/proc`: 0 then. */
export function orNone(value: () => number): number {
  try {
    return value();
  } catch {
    return 0;
  }
}

/** Processor time of all threads, seconds: Linux counts hundredths. @throws if the process has ended */
export function processorSeconds(pid: number): number {
  // Behind the name in parentheses, which may hold anything: the state, then numbers.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const PAGE_BYTES = 4_096;

/** Bytes in memory now. @throws if the process has ended */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

/** Waits until a process ends well. @returns the most memory that it had and the time of processors, looked at every `pollMs` */
export async function measuredProcess(
  child: ChildProcess,
  pollMs: number,
): Promise<{ peak: number; computing: number }> {
  let [peak, computing] = [0, 0];
  const look = () => {
    const seen = orNone(() => peakMegabytes(child.pid));
    const spent = orNone(() => processorSeconds(child.pid!));
    [peak, computing] = [Math.max(peak, seen), Math.max(computing, spent)];
  };
  const poll = setInterval(look, pollMs);
  await ranWell(child).finally(() => clearInterval(poll));
  return { peak, computing };
}
