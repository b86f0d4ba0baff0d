/**
 * Messages about alarms. Which are due follows from the alarms, so that none is lost with a process or a server that is
 * down; what was sent is noted after each. A receiver knows a message that came twice by its key and status.
 */
import { isThisMachine, mayConnect, publicUrl } from '../../base/index.js';
import { type AlarmRecord, alarmJson, type MonitorAlarm, readSent, writeSent } from './alarm-file.js';
import { MonitorStateError } from './monitor-error.js';

const ANSWER_MS = 10_000;

/** What is posted. */
export interface Notification {
  schema: 1;
  /** The same for both messages of an alarm. */
  key: string;
  status: 'firing' | 'resolved';
  /** The folder of the monitor. */
  state: string;
  alarm: MonitorAlarm;
}

/** A message and its alarm. */
interface Due {
  alarm: AlarmRecord;
  status: Notification['status'];
}

const nameOf = ({ alarm: { key }, status }: Due) => `${key} ${status}`;

/** @param over keys of alarms that were acknowledged */
function dueMessages(
  alarms: readonly AlarmRecord[],
  over: ReadonlySet<string>,
  sent: Readonly<Record<string, string>>,
): Due[] {
  return alarms
    .flatMap((alarm): Due[] => {
      const isOver = over.has(alarm.key);
      const isWanted = alarm.told || !isOver || sent[`${alarm.key} firing`] !== undefined;
      if (!isWanted) return [];
      return [{ alarm, status: 'firing' }, ...(isOver ? [{ alarm, status: 'resolved' } as const] : [])];
    })
    .filter((due) => sent[nameOf(due)] === undefined);
}

export interface NotifyOptions {
  url: string;
  /** Sent as a bearer token; null for none. */
  token: string | null;
  now(): number;
}

/** @throws MonitorStateError `MONITOR_NOTIFY_URL` */
export function checkNotify(url: string, token: string | null): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const refused = (what: string, hint: string) =>
    new MonitorStateError('MONITOR_NOTIFY_URL', `notify ${publicUrl(url)}: ${what}`, { hint });
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw refused('is no http:// or https:// URL', 'Name the address that takes a JSON message by POST.');
  }
  if (parsed.password !== '') throw refused('has a password in it', 'Give the token as IMAGE_DRIFT_NOTIFY_TOKEN.');
  if (token !== null && parsed.protocol === 'http:' && !isThisMachine(parsed.hostname)) {
    throw refused('a token would go over http, where others can read it', 'Use https.');
  }
}

/** Sends what is due, the oldest first, and stops at the first that is not taken: it stays due. @returns why it was not */
export async function sendDue(
  folder: string,
  alarms: readonly AlarmRecord[],
  over: ReadonlySet<string>,
  { url, token, now }: NotifyOptions,
): Promise<string | null> {
  const sent = await readSent(folder);
  const due = dueMessages(alarms, over, sent);
  for (const [i, one] of due.entries()) {
    const { key } = one.alarm;
    const message: Notification = { schema: 1, key, status: one.status, state: folder, alarm: alarmJson(one.alarm) };
    const failure = await post(url, token, message);
    if (failure !== null) return notSent(url, failure, due.length - i);
    sent[nameOf(one)] = new Date(now()).toISOString();
    await writeSent(folder, sent);
  }
  return null;
}

/** @returns why the message was not taken; null if it was @throws OfflineError */
async function post(url: string, token: string | null, message: Notification): Promise<string | null> {
  mayConnect(url);
  const headers = { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) };
  const signal = AbortSignal.timeout(ANSWER_MS);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(message),
      redirect: 'error',
      signal,
    });
    await answer.body?.cancel();
    return answer.ok ? null : `it answered ${answer.status}`;
  } catch (error) {
    const { cause, message: words } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? words;
  }
}

function notSent(url: string, failure: string, waiting: number): string {
  const messages = waiting === 1 ? '1 message is' : `${waiting} messages are`;
  return `${publicUrl(url)}: ${failure}; ${messages} kept, and sent by the next update`;
}
