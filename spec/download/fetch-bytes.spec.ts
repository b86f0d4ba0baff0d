/** Small files into memory: faults of a server are survived, what cannot be had says why. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fetcher } from '../../download/index.js';
import { type Fault, serveFile } from '../support/file-server.js';
import { refusal } from '../support/rejects.js';

const content = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 251));

async function fetched(
  faults: Fault[],
  most = 10_000,
): Promise<{ bytes: Uint8Array; ranges: (string | null)[]; pauses: number[] }> {
  const server = await serveFile(content);
  server.faults.push(...faults);
  const pauses: number[] = [];
  const fetcher = new Fetcher({ most, silenceMs: 300, sleep: async (ms) => void pauses.push(ms) });
  try {
    return { bytes: await fetcher.fetch(server.url), ranges: server.seen.map(({ range }) => range), pauses };
  } finally {
    await fetcher.close();
    await server.close();
  }
}

test('a file, whole', async () => {
  const { bytes, ranges } = await fetched([]);
  assert.ok(content.equals(bytes));
  assert.equal(ranges, [null]);
});

test('cut connections go on where they were cut, whatever else the server does', async () => {
  const cut = await fetched([{ cutAfter: 1_000 }]);
  assert.ok(content.equals(cut.bytes));
  assert.equal(cut.ranges, [null, 'bytes=1000-']);
  for (const faults of [
    [{ status: 503, headers: { 'retry-after': '2' } }],
    ['silence'],
    [{ cutAfter: 1_000 }, 'wrong range'],
    [{ cutAfter: 1_000 }, 'no ranges'],
    [{ cutAfter: 1_000 }, { status: 500 }, { cutAfter: 10 }],
  ] as Fault[][]) {
    const { bytes } = await fetched(faults);
    assert.ok(content.equals(bytes), JSON.stringify(faults));
  }
  assert.equal((await fetched([{ status: 503, headers: { 'retry-after': '2' } }])).pauses, [2_000]);
});

test('what is not there or too large is given up at once, a server that never answers after some tries', async () => {
  const missing = await refusal('DOWNLOAD_NOT_FOUND', () => fetched([{ status: 404 }]));
  assert.is(missing.exitCode, 4);
  assert.is(missing.hint, null);
  assert.is((await refusal('DOWNLOAD_TOO_LARGE', () => fetched([], 4_999))).exitCode, 4);
  const faults = Array.from({ length: 20 }, (): Fault => ({ status: 503 }));
  assert.is((await refusal('DOWNLOAD_INTERRUPTED', () => fetched(faults))).exitCode, 5);
});

test('no more requests are under way than are allowed', async () => {
  const server = await serveFile(content);
  const fetcher = new Fetcher({ most: 10_000, inFlight: 2 });
  const all = await Promise.all(Array.from({ length: 9 }, () => fetcher.fetch(server.url)));
  assert.ok(all.every((bytes) => content.equals(bytes)));
  await fetcher.close();
  await server.close();
});

test.run();
