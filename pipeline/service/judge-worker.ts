/** Judges what was recorded, on a thread: a year of windows takes seconds, which no request waits for. */
import { windowStart } from '../../drift/index.js';
import { answerOrders } from '../../files/index.js';
import { type Monitor, openMonitor } from '../monitor/index.js';
import { readState } from '../monitor/state-file.js';
import type { JudgeOrder, JudgeResult } from './judge.js';

let opened: Monitor | null = null;
/** The start of the last window that was asked about. */
let asked = 0;
/** Whether a message may wait: that of a process before this one, or one that was not taken. */
let hasMessage: boolean | null = null;

answerOrders(answer, { buffersOf: () => [] });

async function answer({ state, what, now, grace, notify, notifyToken }: JudgeOrder): Promise<JudgeResult> {
  opened ??= await openMonitor(state);
  if (what === 'metrics') return { metrics: await opened.statusText('openmetrics') };
  hasMessage ??= notify !== undefined;
  if (what === 'due' && !(await isDue(state, now - grace)) && !hasMessage) return {};
  const { not_notified: notNotified } = await opened.update([], { notify, notifyToken, now: () => now });
  hasMessage = notNotified !== null;
  return { notNotified, ...(what === 'status' && { status: await opened.status() }) };
}

/** Whether a window has ended that neither this process nor another has judged. */
async function isDue(state: string, now: number): Promise<boolean> {
  const { promise, judged } = await readState(state);
  const start = windowStart(now, promise.window);
  if (start <= Math.max(judged, asked)) return false;
  asked = start;
  return true;
}
