/**
 * Servers may not send this program to private addresses: by redirects, in tables, or by a name whose address changes.
 * All servers are on this machine: 127.0.0.2 stands for the public internet.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { isPrivateAddress, isPrivateHost } from '../../../files/download/connections.js';
import { RemoteStore } from '../../../files/download/index.js';
import { assert, readFixture, refusal, test } from '../../support/test.js';

const OUTSIDE = '127.0.0.2';
const INSIDE = '127.0.0.1';

async function listen(host: string, listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

interface Rig {
  store: RemoteStore;
  outside: (path: string, name?: string) => string;
  inside: (path: string, name?: string) => string;
  /** Requests that came to the server inside. */
  seen: string[];
  names: Map<string, string[]>;
}

async function withServers(play: (rig: Rig) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const inner = await listen(INSIDE, (request, response) => {
    seen.push(request.url as string);
    if (request.url === '/on') response.writeHead(302, { location: '/secret' }).end();
    else response.end('secret');
  });
  const outer = await listen(OUTSIDE, (request, response) => {
    const to = new URL(request.url as string, 'http://x').searchParams.get('to');
    if (to === null) response.end('public');
    else response.writeHead(302, { location: to }).end();
  });
  /** The addresses that a name means, one after the other; the last one stays. */
  const names = new Map([
    ['outside.test', [OUTSIDE]],
    ['inside.test', [INSIDE]],
  ]);
  const lookup: LookupFunction = (hostname, options, callback) => {
    const known = names.get(hostname) as string[];
    const address = (known.length > 1 ? known.shift() : known[0]) as string;
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
  const isPrivate = (address: string) => address !== OUTSIDE;
  const store = new RemoteStore({ most: 1_000, sleep: async () => {}, resolver: { lookup, isPrivate } });
  const outside = (path: string, name = 'outside.test') => `http://${name}:${outer.port}${path}`;
  const inside = (path: string, name = 'inside.test') => `http://${name}:${inner.port}${path}`;
  try {
    await play({ store, outside, inside, seen, names });
  } finally {
    await store.close();
    for (const { server } of [inner, outer]) {
      server.closeAllConnections();
      server.close();
    }
  }
}

const text = async (bytes: Promise<Uint8Array>) => new TextDecoder().decode(await bytes);
const redirect = (to: string) => `/?to=${encodeURIComponent(to)}`;

test('a redirect from a public to a private address is refused, by name and by number', async () => {
  await withServers(async ({ store, outside, inside, seen }) => {
    for (const to of [inside('/secret'), inside('/secret', INSIDE), inside('/secret', 'localhost')]) {
      const says = { message: new URL(to).host, exitCode: 4 };
      await refusal('DOWNLOAD_PRIVATE', () => store.read(outside(redirect(to))), says);
    }
    const numbers = [
      'http://169.254.169.254/latest',
      'http://[::1]/',
      'http://[::ffff:10.0.0.1]/',
      'http://2130706433/',
    ];
    for (const to of numbers) await refusal('DOWNLOAD_PRIVATE', () => store.read(outside(redirect(to))));
    await refusal('DOWNLOAD_PRIVATE', () => store.open(outside(redirect(inside('/secret')))));
    // By way of another public one.
    const twice = redirect(outside(redirect(inside('/secret'))));
    await refusal('DOWNLOAD_PRIVATE', () => store.read(outside(twice)));
    assert.equal(seen, []);
  });
});

test('redirects among public and among private addresses are followed', async () => {
  await withServers(async ({ store, outside, inside }) => {
    assert.is(await text(store.read(outside(redirect(outside('/'))))), 'public');
    assert.is(await text(store.read(inside('/on'))), 'secret');
  });
});

test('a table of a server names public addresses and its own host, and no other private ones', async () => {
  await withServers(async ({ store, outside, inside, seen }) => {
    const table = outside('/table.csv');
    await store.read(table);
    assert.is(await text(store.read(outside('/a.png'), table)), 'public');
    for (const image of [inside('/secret'), inside('/secret', INSIDE), 'http://10.1.2.3/', 'http://[fd00::1]/'])
      await refusal('DOWNLOAD_PRIVATE', () => store.read(image, table));
    await refusal('DOWNLOAD_PRIVATE', () => store.read(inside('/secret'), 's3://bucket/table.csv'));
    assert.equal(seen, []);
    const own = inside('/table.csv');
    assert.is(await text(store.read(inside('/a.png'), own)), 'secret');
    await refusal('DOWNLOAD_PRIVATE', () => store.read('http://10.1.2.3/', own));
    // A user names what they like.
    assert.is(await text(store.read(inside('/a.png'))), 'secret');
  });
});

test('a name that means a private address a moment later is not connected to (DNS rebinding)', async () => {
  await withServers(async ({ store, outside, inside, seen, names }) => {
    const table = outside('/table.csv', 'rebinds.test');
    names.set('rebinds.test', [OUTSIDE, INSIDE]);
    await store.read(table);
    await refusal('DOWNLOAD_PRIVATE', () => store.read(inside('/secret', 'rebinds.test'), table));
    names.set('later.test', [OUTSIDE, INSIDE]);
    const first = outside(redirect(inside('/secret', 'later.test')), 'later.test');
    await refusal('DOWNLOAD_PRIVATE', () => store.read(first));
    assert.equal(seen, []);
  });
});

const ADDRESSES = readFixture<Record<'private' | 'public' | 'privateUrls', string[]>>('download', 'addresses.json');

test('addresses: private, whatever their spelling', () => {
  for (const address of ADDRESSES.private) assert.ok(isPrivateAddress(address), address);
  for (const address of ADDRESSES.public) assert.not.ok(isPrivateAddress(address), address);
});

test('hosts of URLs: numbers in any spelling, and names of this machine', () => {
  const host = (url: string) => isPrivateHost(new URL(url).hostname);
  for (const url of ADDRESSES.privateUrls) assert.is(host(url), true, url);
  assert.is(host('http://8.8.8.8/'), false);
  assert.is(host('http://example.com/'), null);
});
