/** The handshake: is this a Fiddler, is it new enough, and is its clock ours? */
import { parseData } from './answer.js';
import { FiddlerError, NotFound } from './fiddler-error.js';
import { type ApiAnswer, apiPath, type Sender } from './request.js';
import { type ServerInfo, serverInfo } from './schemas/common.js';

/** The oldest that has the API of this client; the official client's limit too. */
export const MIN_SERVER_VERSION = '24.4.0';
const ANSWER_SECONDS = 15;

export async function readServerInfo(sender: Sender): Promise<ServerInfo> {
  const answer = await askServerInfo(sender);
  const info = parseData(sender, answer, serverInfo);
  if (isOlder(info.server_version, MIN_SERVER_VERSION)) {
    const message = `this Fiddler is version ${info.server_version}, ${MIN_SERVER_VERSION} or later is needed`;
    throw new FiddlerError('SERVER_TOO_OLD', message, { permanent: true, hint: 'Ask whoever runs it to upgrade it.' });
  }
  return { ...info, clockSkewSeconds: skew(answer.date) };
}

async function askServerInfo(sender: Sender): Promise<ApiAnswer> {
  const request = {
    method: 'GET',
    path: apiPath('server-info'),
    repeatable: true,
    answerSeconds: ANSWER_SECONDS,
  } as const;
  try {
    return await sender.send(request);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new FiddlerError('NOT_FIDDLER', `${error.message}: there is no Fiddler at this address`, {
      status: error.status,
      reason: error.reason,
      permanent: true,
      hint: 'FIDDLER_URL is the address that you open in the browser, without what follows the host.',
    });
  }
}

/** Compares the numbers; what follows `-` or `+` does not count. A version that is not three numbers does not count as old. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) =>
    /^v?(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(text.trim())
      ?.slice(1)
      .map((n) => Number(n ?? 0));
  const ours = numbers(version);
  const limit = numbers(than);
  if (ours === undefined || limit === undefined) return false;
  for (const [index, number] of ours.entries()) {
    if (number !== limit[index]) return number < (limit[index] ?? 0);
  }
  return false;
}

function skew(date: string | null): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  // The header has whole seconds, cut off: half a second is the middle of what it may mean.
  return Number.isNaN(theirs) ? null : Math.trunc((theirs + 500 - Date.now()) / 1000) + 0;
}
