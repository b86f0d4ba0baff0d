/** A peer as a whole process. */
import { spawnSync } from 'node:child_process';

export interface PeerRun<Told> {
  /** The line of JSON that it prints. */
  told: Told;
  /** Time of the whole process. */
  seconds: number;
}

/** @throws Error with its stderr if it does not end with 0 */
export function peerRun<Told>(program: string, ...args: string[]): PeerRun<Told> {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return { told: JSON.parse(stdout) as Told, seconds: (performance.now() - started) / 1000 };
}
