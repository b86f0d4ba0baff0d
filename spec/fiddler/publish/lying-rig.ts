/** An emulator without deduplication behind a proxy that lies, events to publish, and a count of what is stored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FiddlerClient } from '../../../fiddler/client/index.js';
import { type PublishOptions, publishEvents } from '../../../fiddler/publish/index.js';
import { openRig as openPlain, type RigOptions, TOKEN } from './local-fiddler.js';
import { LyingProxy } from './lying-proxy.js';

export const ROWS = 500;
export const CHUNK = 100;
/** One event first, then the others in chunks. */
export const CHUNKS = 1 + ROWS / CHUNK;

export const recent = (row: number) => Date.now() - 86_400_000 - row * 60_000;

/** Its `client` goes through the proxy, `direct` does not. */
export async function openRig(options: RigOptions = {}) {
  const settings = { rowsPerFile: CHUNK, settleSeconds: 0.05, lagSeconds: 3 };
  const rig = await openPlain({ rows: ROWS, events: { timestamp: recent }, settings, ...options });
  const proxy = await new LyingProxy().start(rig.emulator.url);
  const client = new FiddlerClient({ url: proxy.url, token: TOKEN });
  return {
    ...rig,
    proxy,
    client,
    direct: rig.client,
    publish: (more: Partial<PublishOptions> = {}) => publishEvents(client, { ...rig.options, ...more }),
    async close(): Promise<void> {
      await client.close();
      await proxy.close();
      await rig.close();
    },
  };
}

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** How long a request waits for another one that never comes. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Neither of the first two requests that publish goes on before both are there; the second does so a moment after the
 * first. Later ones wait until the server has had time for the second: their senders can see what it stored.
 */
export function meeting(apartMs: number): () => Promise<void> {
  let arrived = 0;
  let goOn: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const second = met.then(() => sleep(apartMs));
  return async () => {
    const number = ++arrived;
    if (number === 2) goOn();
    if (number === 1) await Promise.race([met, sleep(LONGEST_WAIT_MS)]);
    else await second;
    if (number > 2) await sleep(apartMs);
  };
}

/** As `meeting`, but the second request waits until the run of the first has sent everything, and for a moment more. */
export function lateMeeting(apartMs: number): () => Promise<void> {
  let arrived = 0;
  const until = async (number: number) => {
    while (arrived < number) await sleep(5);
  };
  return async () => {
    const number = ++arrived;
    if (number > 2) return;
    await Promise.race([until(number === 1 ? 2 : CHUNKS + 1), sleep(LONGEST_WAIT_MS)]);
    if (number === 2) await sleep(apartMs);
  };
}
