import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Random } from '../../../base/index.js';
import { type DownloadOptions, download, type RemoteFile } from '../../../files/download/index.js';
import { FRUITLESS_TRIES } from '../../../files/download/receive.js';
import { PROCESS_PLACE } from '../../../platform/node/index.js';
import { listen } from '../../support/listening.js';
import { type FileServer, serveFile } from '../../support/site.js';
import { assert, packageRoot, refusal, rejection, suite, temporaryFolder } from '../../support/test.js';

const BYTES = 300_000;
const content = Buffer.from(Uint8Array.from({ length: BYTES }, pseudoByte(1)));
const ETAG = `"${sha256(content).slice(0, 16)}"`;
const other = Buffer.from(Uint8Array.from({ length: BYTES }, pseudoByte(2)));

function pseudoByte(seed: number): () => number {
  const random = new Random(seed);
  return () => random.below(256);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Context {
  server: FileServer;
  folder: string;
  path: string;
  file: RemoteFile;
  /** Downloads without waiting between tries; gives the pauses that would have been. */
  get(options?: DownloadOptions): Promise<{ received: number; pauses: number[] }>;
}

const downloads = suite<Context>('download');

downloads.before.each(async (context) => {
  context.server = await serveFile(content);
  context.folder = temporaryFolder();
  context.path = join(context.folder, 'cache', 'file.bin');
  context.file = { url: context.server.url, bytes: BYTES, sha256: sha256(content) };
  context.get = async (options = {}) => {
    const pauses: number[] = [];
    const pause = async (ms: number) => void pauses.push(ms);
    const { received } = await download(context.file, context.path, { pause, ...options });
    assert.equal(readFileSync(context.path), content);
    assert.equal(readdirSync(join(context.folder, 'cache')), ['file.bin']);
    return { received, pauses };
  };
});

downloads.after.each(({ server }) => server.close());

downloads('one request, then none', async ({ server, get }) => {
  const progress: [number, number][] = [];
  const { received } = await get({ onProgress: (done, total) => progress.push([done, total]) });
  assert.is(received, BYTES);
  assert.equal(progress[0], [0, BYTES]);
  assert.equal(progress.at(-1), [BYTES, BYTES]);
  assert.equal(server.seen, [{ path: '/file.bin', range: null, ifRange: null }]);
  assert.is((await get()).received, 0);
  assert.is(server.seen.length, 1);
});

downloads('a connection cut three times goes on each time from where it was', async ({ server, get }) => {
  server.faults.push({ cutAfter: 100_000 }, { cutAfter: 50_000 }, { cutAfter: 30_000 });
  const { received, pauses } = await get();
  assert.is(received, BYTES, 'not a byte twice');
  const asked = server.seen.map(({ range, ifRange }) => `${range} ${ifRange}`);
  assert.equal(asked, ['null null', ...[100, 150, 180].map((thousands) => `bytes=${thousands}000- ${ETAG}`)]);
  assert.equal(pauses, [500, 500, 500]);
});

downloads('what came stays for the next run, with its validator', async ({ server, get, path }) => {
  server.faults.push({ cutAfter: 100_000 }, ...Array(FRUITLESS_TRIES).fill({ status: 503 }));
  const { message } = await refusal('DOWNLOAD_INTERRUPTED', () => get(), { hint: 'run this again', exitCode: 5 });
  assert.match(message, 'given up after 7 tries with 100,000 of 300,000 bytes: the server answers 503');
  assert.not(existsSync(path));
  server.seen.length = 0;
  const progress: number[] = [];
  assert.is((await get({ onProgress: (done) => progress.push(done) })).received, 200_000);
  assert.equal(server.seen, [{ path: '/file.bin', range: 'bytes=100000-', ifRange: ETAG }]);
  assert.is(progress[0], 100_000);
});

downloads('a file that changed meanwhile comes whole', async ({ server, get }) => {
  server.faults.push({ cutAfter: 100_000 }, { etag: '"two"' });
  assert.is((await get()).received, 400_000);
  assert.is(server.seen.length, 2);
});

downloads('pauses grow while nothing comes, Retry-After is heard but not for ever', async ({ server, get }) => {
  server.faults.push({ status: 500 }, { status: 429, headers: { 'retry-after': '7' } }, { status: 503 });
  server.faults.push({ status: 503, headers: { 'retry-after': '86400' } });
  assert.equal((await get()).pauses, [500, 7000, 2000, 30_000]);
});

downloads('a server without ranges that always cuts is given up', async ({ server, get, file }) => {
  server.faults.push({ cutAfter: 90_000 }, ...Array(50).fill('no ranges'));
  assert.is((await get()).received, 390_000);
  server.seen.length = 0;
  server.faults.splice(0, Infinity, ...Array(50).fill({ cutAfter: 2000, ignoreRange: true }));
  const path = join(temporaryFolder(), 'a');
  const { message } = await refusal('DOWNLOAD_INTERRUPTED', () => download(file, path, { pause: async () => {} }));
  // On a busy machine a try may be cut before all of its 2,000 bytes are read: the next one then makes progress.
  assert.match(message, /with [12]?,?\d{3} of 300,000 bytes/);
  const tries = server.seen.length;
  assert.ok(tries > FRUITLESS_TRIES && tries <= 4 + FRUITLESS_TRIES, `${tries} tries`);
});

downloads('a range that is not the one asked for is not believed', async ({ server, get }) => {
  server.faults.push({ cutAfter: 90_000 }, 'wrong range');
  assert.is((await get()).received, 390_000);
  const ranges = server.seen.map(({ range }) => range);
  assert.equal(ranges, [null, 'bytes=90000-', null]);
});

downloads('what is left of another file does not spoil this one', async ({ server, get, path, folder }) => {
  mkdirSync(join(folder, 'cache'));
  for (const left of [other.subarray(0, 120_000), other, Buffer.concat([content, content])]) {
    writeFileSync(`${path}.part`, left);
    await get();
    const ranges = server.seen.map(({ range }) => range);
    assert.is(ranges.at(-1), null, 'the whole file came in the end');
    server.seen.length = 0;
    writeFileSync(path, other);
  }
});

downloads('a whole file that was only not renamed yet is not fetched again', async ({ server, get, path, folder }) => {
  mkdirSync(join(folder, 'cache'));
  writeFileSync(`${path}.part`, content);
  assert.is((await get()).received, 0);
  assert.is(server.seen.length, 0);
});

downloads('a wrong hash names both, and leaves nothing to go on from', async ({ server, folder, get, file }) => {
  server.faults.push({ body: other });
  const { message } = await refusal('DOWNLOAD_HASH', () => get(), { message: sha256(other), exitCode: 4 });
  assert.match(message, file.sha256 as string);
  assert.equal(readdirSync(join(folder, 'cache')), []);
  assert.is(server.seen.length, 1);
});

downloads('a wrong length is told before the body is fetched', async ({ server, folder, get }) => {
  server.faults.push({ body: content.subarray(0, 200_000) });
  await refusal('DOWNLOAD_LENGTH', () => get(), 'has 200,000 bytes, 300,000 were expected');
  server.faults.push({ body: Buffer.concat([content, content]), headers: { 'transfer-encoding': 'chunked' } });
  await refusal('DOWNLOAD_LENGTH', () => get(), 'has at least ');
  assert.equal(readdirSync(join(folder, 'cache')), []);
});

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'14959d08'.repeat(8)}\nsize 45052489\n`;

downloads('a Git LFS pointer is explained', async ({ server, get, path }) => {
  server.faults.push({ body: POINTER });
  const message = 'is a Git LFS pointer to a file of 45,052,489 bytes (sha256 14959d08…)';
  await refusal('LFS_POINTER', () => get(), { message, hint: 'media.githubusercontent.com/media' });
  assert.not(existsSync(path));
});

downloads('a web page instead of the file is explained, whatever it claims to be', async ({ server, get }) => {
  for (const page of [
    '<!DOCTYPE html><html><head><title>Sign in to\u001b[31m Corp</title></head></html>',
    `\n <!-- x -->\n<html><body>${'no'.repeat(5000)}</body></html>`,
  ]) {
    server.faults.push({ body: page, headers: { 'content-type': 'application/octet-stream' } });
    const { message } = await refusal('HTML_INSTEAD', () => get(), { message: 'is a web page', exitCode: 5 });
    assert.not.match(message, '\u001b');
  }
});

downloads('404 is permanent and not tried again, 403 may be passing', async ({ server, get }) => {
  server.faults.push({ status: 404 });
  await refusal('DOWNLOAD_NOT_FOUND', () => get(), { message: 'the server answers 404 Not Found', exitCode: 4 });
  server.faults.push({ status: 403 });
  await refusal('DOWNLOAD_REFUSED', () => get(), { exitCode: 5 });
  assert.is(server.seen.length, 2);
});

downloads('a redirect is followed, with the range', async ({ server, get, file }) => {
  const target = file.url;
  server.faults.push({ status: 302, headers: { location: `${target}?signed` } }, { cutAfter: 100_000 });
  server.faults.push({ status: 302, headers: { location: `${target}?signed` } });
  assert.is((await get()).received, BYTES);
  const asked = server.seen.map(({ path, range }) => `${path} ${range}`);
  const both = (range: string) => [`/file.bin ${range}`, `/file.bin?signed ${range}`];
  assert.equal(asked, [...both('null'), ...both('bytes=100000-')]);
});

downloads('a server that falls silent is left, and asked again', async ({ server, get }) => {
  server.faults.push('silence');
  assert.is((await get({ silenceMs: 150 })).received, BYTES);
  assert.is(server.seen.length, 2);
});

downloads('nobody there: tried, then told with what to do', async ({ path }) => {
  const gone = await serveFile(content);
  await gone.close();
  const file = { url: gone.url, bytes: 1, sha256: sha256(content) };
  const attempt = () => download(file, path, { pause: async () => {} });
  await refusal('DOWNLOAD_INTERRUPTED', attempt, { message: 'ECONNREFUSED', hint: 'HTTPS_PROXY' });
  await refusal('DOWNLOAD_URL', () => download({ ...file, url: 'nowhere' }, path));
});

downloads('an abort ends it at once and keeps what came', async ({ server, file, path }) => {
  server.faults.push({ cutAfter: 100_000 });
  const controller = new AbortController();
  const options = { signal: controller.signal, onInterruption: () => controller.abort() };
  assert.is((await rejection(() => download(file, path, options))).name, 'AbortError');
  assert.is(readFileSync(`${path}.part`).byteLength, 100_000);
  assert.not(existsSync(`${path}.part.lock`));
});

downloads('two at once: the second is told, a lock of the dead is not', async ({ server, file, path, get }) => {
  server.faults.push('silence');
  const controller = new AbortController();
  const first = download(file, path, { signal: controller.signal }).catch(() => {});
  while (server.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await refusal('DOWNLOAD_UNDER_WAY', () => get(), { message: `process ${process.pid}`, exitCode: 5 });
  controller.abort();
  await first;
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(
    `${path}.part.lock`,
    JSON.stringify({ pid, host: hostname(), place: PROCESS_PLACE, started: null, id: 'dead' }),
  );
  await get();
});

downloads('a lock that its process has made and not written yet is respected', async ({ file, folder }) => {
  const path = join(folder, 'unwritten');
  writeFileSync(`${path}.part.lock`, '');
  const refused = refusal('DOWNLOAD_UNDER_WAY', () => download(file, path));
  const owner = { pid: process.pid, host: hostname(), place: PROCESS_PLACE, started: null, id: 'slow' };
  setTimeout(() => writeFileSync(`${path}.part.lock`, JSON.stringify(owner)), 200);
  await refused;
  assert.equal(readdirSync(folder), ['unwritten.part.lock']);
});

downloads('a proxy of the environment is used, NO_PROXY heard', async ({ server, file, folder }) => {
  const asked: string[] = [];
  const proxy = createServer((_, response) => response.writeHead(500).end());
  proxy.on('connect', (request, socket) => {
    asked.push(request.url as string);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  proxy.on('request', (request) => asked.push(request.url as string));
  const { url: address, close } = await listen(proxy);
  const saved = { ...process.env };
  try {
    Object.assign(process.env, { http_proxy: address, HTTP_PROXY: address, no_proxy: '', NO_PROXY: '' });
    const pause = async () => {};
    await refusal('DOWNLOAD_INTERRUPTED', () => download(file, join(folder, 'a'), { pause }));
    assert.ok(asked.length > 0);
    assert.is(server.seen.length, 0);
    Object.assign(process.env, { no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' });
    await download(file, join(folder, 'a'), { pause });
    assert.is(server.seen.length, 1);
  } finally {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY']) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    await close();
  }
});

downloads('a full disk: told as that, and the rest comes once there is room', async ({ server, file, path, get }) => {
  // A limit on the size of files is what a test can set without a disk of its own; the system refuses the write alike.
  const script = `
    import { download } from ${JSON.stringify(join(packageRoot, 'dist/files/download/index.js'))};
    await download(${JSON.stringify(file)}, ${JSON.stringify(path)}).catch((e) => console.log(e.code, e.message));`;
  const limited = ['-c', 'ulimit -f 128; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  const { stdout } = await promisify(execFile)('bash', limited);
  assert.match(stdout, /^DISK_FULL .*file\.bin\.part: the file would be larger than the system allows/);
  assert.is(readFileSync(`${path}.part`).byteLength, 128 * 1024);
  server.seen.length = 0;
  assert.is((await get()).received, BYTES - 128 * 1024);
});
