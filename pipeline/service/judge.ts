/** Asks the thread that judges; one for each recorder, which starts with the first question. */
import { startThread, type ThreadMaker } from '#platform';
import { ThreadPool } from '../../files/index.js';
import type { MonitorStatus } from '../monitor/index.js';
import { ServiceError } from './service-error.js';

export interface JudgeOrder {
  /** Folder of the monitor. */
  state: string;
  /** `update`; `status` after one; `due`: one if windows have ended that no process has judged; `metrics` as judged. */
  what: 'status' | 'update' | 'due' | 'metrics';
  /** Ms since 1970. */
  now: number;
  /** Ms after the end of a window in which recorders may still write what they have of it. */
  grace: number;
  notify: string | undefined;
  notifyToken: string | undefined;
}

/** What was asked for. */
export interface JudgeResult {
  status?: MonitorStatus;
  /** Why a message of an alarm was not sent; it stays due. */
  notNotified?: string | null;
  /** OpenMetrics. */
  metrics?: string;
}

const startScript: ThreadMaker = (Worker) =>
  new Worker(new URL('./judge-worker.js', import.meta.url), { type: 'module' });

export function judgeThread(state: string): ThreadPool<JudgeOrder, JudgeResult> {
  const ended = (cause: unknown) =>
    new ServiceError('JUDGE_DIED', `${state}: the thread that judges it ended: ${cause}`, { cause });
  return new ThreadPool({
    threads: 1,
    depth: 1,
    start: () => startThread(startScript, null),
    message: (order) => ({ message: order }),
    died: (_, cause) => (cause instanceof Error ? cause : ended(cause)),
    closed: () => new ServiceError('RECORDER_CLOSED', `${state}: its recorder is closed`),
  });
}
