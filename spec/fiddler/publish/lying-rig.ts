/** An emulator without deduplication behind a proxy that lies, events to publish, and a count of what is stored. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from 'image-drift-emulator';
import { FiddlerClient } from '../../../fiddler/client/index.js';
import { type PublishOptions, publishEvents } from '../../../fiddler/publish/index.js';
import { assert, temporaryFolder } from '../../support/test.js';
import { createModel, storedIdsOf } from './crash-rounds.js';
import { LyingProxy } from './lying-proxy.js';
import { writeEvents } from './publish-support.js';

const TOKEN = 'fid_of_the_specs';
export const ROWS = 500;
/** Rows of a chunk. */
export const CHUNK = 100;
/** One event first, then the others in chunks. */
export const CHUNKS = 1 + ROWS / CHUNK;

export const recent = (row: number) => Date.now() - 86_400_000 - row * 60_000;

export async function openRig(options: { jobSeconds?: number; rows?: number } = {}) {
  const folder = temporaryFolder();
  const { jobSeconds = 0.05, rows = ROWS } = options;
  const emulator = await startEmulator({ folder: join(folder, 'store'), token: TOKEN, deduplicate: false, jobSeconds });
  const proxy = await new LyingProxy().start(emulator.url);
  const client = new FiddlerClient({ url: proxy.url, token: TOKEN });
  const direct = new FiddlerClient({ url: emulator.url, token: TOKEN });
  const model = await createModel(direct, 8);
  const file = await writeEvents(folder, 'a', rows, { timestamp: recent });
  const stored = () => storedIdsOf(direct, model.id);
  return {
    folder,
    file,
    model,
    client,
    direct,
    proxy,
    journal: `${file}.publish-production.jsonl`,
    /** The ids of all stored events, each as often as it is stored. */
    stored,
    publish: (more: Partial<PublishOptions> = {}) =>
      publishEvents(client, {
        files: [file],
        model,
        environment: { type: 'PRODUCTION' },
        rowsPerFile: CHUNK,
        settleSeconds: 0.05,
        lagSeconds: 3,
        ...more,
      }),
    async remove(eventIds: readonly string[]): Promise<void> {
      const { id } = await direct.events.deleteByIds({ modelId: model.id, eventIds });
      await direct.jobs.wait(id);
    },
    async assertOnce(expected = rows): Promise<void> {
      const ids = await stored();
      assert.is(new Set(ids).size, expected, 'different events stored');
      assert.is(ids.length, expected, 'events stored');
    },
    async close(): Promise<void> {
      await client.close();
      await direct.close();
      await proxy.close();
      await emulator.close();
    },
  };
}

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** How long a request waits for another one that never comes. */
const LONGEST_WAIT_MS = 5_000;

/**
 * The first two requests that publish are both there before either goes on, the second a moment after the first. The
 * requests after them wait until the server has had time for the second: whoever sends those can see what it stored.
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
