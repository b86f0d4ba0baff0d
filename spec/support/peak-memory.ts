import { readFileSync } from 'node:fs';

/**
 * The most memory that a process had resident so far, MiB. From `/proc` where it is there: Linux counts the memory of
 * the parent at the fork into `maxRSS`, while `VmHWM` is of the program alone.
 *
 * @throws when the process has ended, or on another system when it is not this one
 */
export function peakMegabytes(pid: number | 'self' = 'self'): number {
  if (process.platform !== 'linux' && pid === 'self') return process.resourceUsage().maxRSS / 1024;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kilobytes) / 1024;
}
