import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RemoteOptions, RemoteStore } from '../../../files/download/index.js';
import { type SiteFault, type SiteOptions, type SiteRequest, serveSite } from '../../support/site.js';
import { assert, readFixture, refusal, temporaryFolder, test } from '../../support/test.js';

const folder = temporaryFolder();
const content = Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 251));
/** Faults of requests, and answers that no server may give. */
const { faults, lies } = readFixture<{ faults: SiteFault[][]; lies: SiteFault[] }>('download', 'faults.json');
const large = Buffer.from(Uint32Array.from({ length: 500_000 }, (_, i) => i * 2_654_435_761).buffer);

interface Given extends Partial<RemoteOptions> {
  fault?: SiteOptions['fault'];
}

async function at<T>(
  { fault, ...options }: Given,
  work: (store: RemoteStore, site: Awaited<ReturnType<typeof serveSite>>, pauses: number[]) => Promise<T>,
): Promise<T> {
  const files = { 'file.bin': content, 'large.bin': large, empty: Buffer.alloc(0) };
  const site = await serveSite(files, fault ? { fault } : {});
  const pauses: number[] = [];
  const sleep = async (ms: number) => void pauses.push(ms);
  const store = new RemoteStore({ most: 10_000, silenceMs: 300, sleep, ...options });
  try {
    return await work(store, site, pauses);
  } finally {
    await store.close();
    await site.close();
  }
}

const rangesOf = (seen: readonly SiteRequest[]) => seen.map(({ headers }) => headers.range);

function inOrder(...faults: SiteFault[]): SiteOptions['fault'] {
  return (_, number) => faults[number] ?? null;
}

test('a file, whole, with whatever faults', async () => {
  for (const some of faults) {
    await at({ fault: inOrder(...some) }, async (store, { url }) => {
      assert.ok(content.equals(await store.read(`${url}file.bin`)), JSON.stringify(some));
    });
  }
});

test('what a cut connection brought is not asked for again; the server says how long to wait', async () => {
  await at({ fault: inOrder('cut') }, async (store, { url, seen }) => {
    await store.read(`${url}file.bin`);
    assert.equal(rangesOf(seen), ['bytes=0-', 'bytes=2500-']);
  });
  const busy = inOrder({ status: 503, headers: { 'retry-after': '2' } }, { status: 503 });
  await at({ fault: busy }, async (store, { url }, pauses) => {
    await store.read(`${url}file.bin`);
    assert.equal(pauses, [2_000, 1_000]);
  });
});

test('what is not there or too large is given up at once, a server that never answers after some tries', async () => {
  await at({}, async (store, { url, seen }) => {
    await refusal('DOWNLOAD_NOT_FOUND', () => store.read(`${url}none.bin`), { exitCode: 4 });
    assert.is(seen.length, 1);
    await refusal('DOWNLOAD_TOO_LARGE', () => store.read(`${url}large.bin`), { exitCode: 4 });
  });
  await at({ fault: () => 'no length', most: 4_999 }, async (store, { url }) => {
    await refusal('DOWNLOAD_TOO_LARGE', () => store.read(`${url}file.bin`));
  });
  for (const fault of ['unavailable', { status: 429 }] as SiteFault[]) {
    await at({ fault: () => fault }, async (store, { url, seen }) => {
      assert.is((await refusal('DOWNLOAD_INTERRUPTED', () => store.read(`${url}file.bin`))).exitCode, 5);
      assert.is(seen.length, 6);
    });
  }
  await at({ fault: () => ({ status: 403 }) }, async (store, { url, seen }) => {
    assert.is((await refusal('DOWNLOAD_REFUSED', () => store.read(`${url}file.bin`))).exitCode, 5);
    assert.is(seen.length, 1);
  });
});

test('a server that is not there is a remote that is unavailable', async () => {
  const { url, close } = await serveSite({});
  await close();
  const store = new RemoteStore({ most: 10, sleep: async () => {} });
  for (const ask of [() => store.read(`${url}x`), () => store.open(`${url}x`)]) {
    assert.is((await refusal('DOWNLOAD_INTERRUPTED', ask)).exitCode, 5);
  }
  await store.close();
});

test('a pause that a person notices is told, the first of many, without what is secret', async () => {
  const { url, close } = await serveSite({});
  await close();
  const told: string[] = [];
  const store = new RemoteStore({ most: 10, sleep: async () => {}, onNotice: (text) => told.push(text) });
  const ask = (name: string) => refusal('DOWNLOAD_INTERRUPTED', () => store.read(url + name));
  await Promise.all(['x?token=secret', 'y', 'z'].map(ask));
  assert.is(told.length, 1);
  assert.match(told[0]!, /^http:\S+[xyz]: .*; again in 1 s$/);
  assert.not.match(told[0]!, 'secret');
  await store.close();
});

test('no more requests are under way than are allowed', async () => {
  let [now, most] = [0, 0];
  const fault = (): SiteFault => {
    now++;
    most = Math.max(most, now);
    setTimeout(() => now--, 15);
    return 'slow';
  };
  await at({ fault, inFlight: 3 }, async (store, { url }) => {
    const all = await Promise.all(Array.from({ length: 12 }, () => store.read(`${url}file.bin`)));
    assert.ok(all.every((bytes) => content.equals(bytes)));
  });
  assert.ok(most <= 3 && most > 1, `${most} at once`);
});

test('any part of a file, over any fault, with few requests where parts follow each other', async () => {
  const kinds: SiteFault[] = ['cut', 'unavailable', 'slow', 'short', 'long', 'no ranges', 'no version', null, null];
  for (const fault of [() => null, (_: unknown, n: number) => (n === 0 ? null : kinds[(n * 7) % kinds.length]!)]) {
    await at({ fault }, async (store, { url, seen }) => {
      const file = await store.open(`${url}large.bin`);
      assert.is(file.size, large.length);
      let seed = 1;
      for (let i = 0; i < 60; i++) {
        seed = (seed * 48_271) % 2_147_483_647;
        const from = seed % large.length;
        const length = Math.min(large.length - from, seed % 300_000);
        assert.ok(large.subarray(from, from + length).equals(await file.read(from, length)), `${from} ${length}`);
      }
      assert.is((await refusal('FILE_TRUNCATED', () => file.read(large.length - 1, 2))).exitCode, 4);
      await file.close();
      assert.ok(seen.length < 60, `${seen.length} requests`);
    });
  }
  await at({}, async (store, { url, seen }) => {
    const file = await store.open(`${url}large.bin`);
    for (let from = 0; from + 512 <= large.length; from += 4_096) {
      assert.ok(large.subarray(from, from + 512).equals(await file.read(from, 512)));
    }
    await file.close();
    assert.ok(seen.length <= 6, `${seen.length} requests for 488 reads`);
  });
});

test('a long read is one request and is not kept', async () => {
  const longer = Buffer.alloc(5 * 2 ** 20, 'x');
  await at({}, async (store, { url, files, seen }) => {
    files.set('longer.bin', longer);
    const file = await store.open(`${url}longer.bin`);
    assert.ok(longer.equals(await file.read(0, longer.length)));
    await file.close();
    assert.equal(rangesOf(seen), ['bytes=0-262143', `bytes=0-${longer.length - 1}`]);
  });
});

test('a file of a server without ranges is fetched whole, and nothing of it is left', async () => {
  const stamps = new Set<string | null>();
  for (const fault of ['no ranges', 'no length'] as SiteFault[]) {
    await at({ fault: () => fault }, async (store, { url }) => {
      const file = await store.open(`${url}large.bin`);
      assert.is(file.path, `${url}large.bin`);
      stamps.add(file.stamp);
      assert.ok(large.subarray(1_000_000).equals(await file.read(1_000_000, large.length - 1_000_000)));
      await file.close();
    });
  }
  await at({}, async (store, { url }) => void stamps.add((await store.open(`${url}large.bin`)).stamp));
  await at({ cache: join(folder, 'stamps') }, async (store, { url }) => {
    for (let i = 0; i < 2; i++) {
      const file = await store.open(`${url}large.bin`);
      stamps.add(file.stamp);
      await file.close();
    }
  });
  assert.is(stamps.size, 1, [...stamps].join());
  assert.match([...stamps].join(), /^2000000 bytes, "/);
});

test('answers that no server may give are none', async () => {
  for (const lie of lies) {
    await at({ fault: () => lie }, async (store, { url }) => {
      for (const ask of ['read', 'open'] as const) {
        const error: unknown = await store[ask](`${url}file.bin`).catch((thrown: unknown) => thrown);
        assert.is((error as { exitCode?: number }).exitCode, 5, JSON.stringify(lie));
      }
    });
  }
});

test('an empty file and one that is gone', async () => {
  await at({}, async (store, { url }) => {
    const file = await store.open(`${url}empty`);
    assert.is(file.size, 0);
    assert.is((await file.read(0, 0)).length, 0);
    await refusal('DOWNLOAD_NOT_FOUND', () => store.open(`${url}none`));
  });
});

test('a file that changes, shrinks or goes while it is read ends the run, and says nothing of one image', async () => {
  const changes: ((files: Map<string, Buffer>) => void)[] = [
    (files) => files.set('large.bin', Buffer.from(large).fill(0, 0, 9)),
    (files) => files.set('large.bin', large.subarray(0, 1_900_000)),
    (files) => files.delete('large.bin'),
  ];
  for (const change of changes) {
    await at({}, async (store, { url, files }) => {
      const file = await store.open(`${url}large.bin`);
      change(files);
      const says = { message: 'large.bin: changed while it was read', exitCode: 5 };
      await refusal('DOWNLOAD_CHANGED', () => file.read(1_000_000, 10), says);
    });
  }
});

test('redirects are followed, but not for ever, not to another protocol, and not with what is secret', async () => {
  const other = await serveSite({ 'file.bin': content });
  let target = '';
  const fault = (): SiteFault => ({ status: 302, headers: { location: target } });
  await at({ fault }, async (store, { url, seen }) => {
    target = `${other.url}file.bin`;
    assert.ok(content.equals(await store.read(`${url}file.bin?token=secret`)));
    const sent = JSON.stringify(other.seen);
    assert.not.match(sent, 'secret');
    assert.not.match(sent, /referer|authorization|cookie/i);
    target = `${url}file.bin`;
    const before = seen.length;
    await refusal('DOWNLOAD_REDIRECTS', () => store.read(`${url}file.bin`), { exitCode: 4 });
    assert.is(seen.length - before, 21);
    for (const bad of ['file:///etc/passwd', 'ftp://host/x', 'http://user:pass@127.0.0.1/', 'http://', '']) {
      target = bad;
      const { message } = await refusal('DOWNLOAD_REDIRECTS', () => store.read(`${url}file.bin?sig=secret&a=1`));
      assert.not.match(message, /secret|pass@/);
      assert.match(message, '?a=1');
    }
  });
  await other.close();
});

test('a URL with a password is refused without being asked for or shown', async () => {
  await at({}, async (store, { url, seen }) => {
    const address = `${url.replace('//', '//me:hush@')}file.bin?X-Amz-Signature=hush`;
    const { message } = await refusal('DOWNLOAD_URL', () => store.read(address));
    assert.not.match(message, 'hush');
    assert.match(message, `${url}file.bin`);
    assert.is(seen.length, 0);
  });
});

function filesIn(cache: string) {
  return readdirSync(cache, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
}

test('a cache gives what it has if the server says that it is still right, and the disk has not changed it', async () => {
  const cache = join(folder, 'cache');
  const files = () => filesIn(cache);
  await at({ cache }, async (store, { url, files: served, seen }) => {
    const ask = async () => {
      const before = seen.length;
      const file = await store.open(`${url}large.bin?X-Amz-Date=${before}`);
      const bytes = [await store.read(`${url}file.bin`), await file.read(0, file.size)];
      await file.close();
      return { bytes, asked: seen.slice(before) };
    };
    const [first, second] = [await ask(), await ask()];
    for (const { bytes } of [first, second]) assert.ok(content.equals(bytes[0]!) && large.equals(bytes[1]!));
    assert.is(second.asked.length, 2);
    assert.ok(second.asked.every(({ headers }) => headers['if-none-match'] !== undefined));
    assert.is(files().length, 4);
    // Damaged on the disk: by one bit, and cut short.
    for (const damage of [(bytes: Buffer) => bytes.fill(bytes[7]! ^ 1, 7, 8), null]) {
      for (const one of files().filter(({ name }) => !name.endsWith('.json'))) {
        const path = join(one.parentPath, one.name);
        const bytes = readFileSync(path);
        damage?.(bytes);
        writeFileSync(path, damage ? bytes : bytes.subarray(1));
      }
      const { bytes } = await ask();
      assert.ok(content.equals(bytes[0]!) && large.equals(bytes[1]!));
    }
    // Another file under the same name.
    const changed = Buffer.alloc(100, 'n');
    served.set('file.bin', changed);
    assert.ok(changed.equals((await ask()).bytes[0]!));
    assert.ok(changed.equals((await ask()).bytes[0]!));
    assert.is(files().length, 4);
  });
  const kept = files().map((one) => `${one.name} ${readFileSync(join(one.parentPath, one.name), 'latin1')}`);
  assert.not.match(kept.join(), /127\.0\.0\.1|X-Amz/);
});

test('a cut connection leaves nothing half in a cache; a cache that cannot be written is told once', async () => {
  const cache = join(folder, 'other');
  await at({ cache, fault: (_, n) => (n === 0 ? null : 'cut') }, async (store, { url }) => {
    await refusal('DOWNLOAD_INTERRUPTED', () => store.open(`${url}large.bin`));
  });
  assert.equal(filesIn(cache), []);
  writeFileSync(join(folder, 'file'), '');
  await at({ cache: join(folder, 'file', 'in') }, async (store, { url }) => {
    assert.is((await refusal('FILE_NOT_FOLDER', () => store.ready(url))).exitCode, 4);
  });
  const notices: string[] = [];
  const full = join(folder, 'full');
  mkdirSync(full);
  await at({ cache: full, onNotice: (text) => void notices.push(text) }, async (store, { url }) => {
    await store.ready(url);
    // A file lies where each folder of the cache would be.
    for (let i = 0; i < 256; i++) writeFileSync(join(full, i.toString(16).padStart(2, '0')), '');
    for (let i = 0; i < 2; i++) assert.ok(content.equals(await store.read(`${url}file.bin`)));
  });
  assert.is(notices.length, 1);
  assert.ok(existsSync(full) && statSync(full).isDirectory());
});

test('s3:// without its package says what to install', async () => {
  const store = new RemoteStore({ most: 10 });
  const says = { hint: 'npm install @aws-sdk/client-s3', exitCode: 4 };
  await refusal('S3_NOT_INSTALLED', () => store.ready('s3://bucket/'), says);
  await store.close();
});
