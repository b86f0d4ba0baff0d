import { readFileSync } from 'node:fs';

/**
 * The largest resident memory of a process so far, MiB. Read from `/proc` if it exists: `maxRSS` on Linux includes the
 * memory of the parent at the fork, while `VmHWM` is that of the program alone.
 *
 * @throws if the process has ended, or for another process on a system without `/proc`
 */
export function peakMegabytes(pid: number | 'self' = 'self'): number {
  if (process.platform !== 'linux' && pid === 'self') return process.resourceUsage().maxRSS / 1024;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kilobytes) / 1024;
}
