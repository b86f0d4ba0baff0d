/**
 * Servers may not send this program to private addresses: by redirects, in tables, or by a name whose address changes.
 * All servers are on this machine: 127.0.0.2 stands for the public internet.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { isPrivateAddress, isPrivateHost } from '../../../files/download/connections.js';
import { RemoteStore } from '../../../files/download/index.js';
import { assert, refusal, test } from '../../support/test.js';

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
      const { message } = await refusal('DOWNLOAD_PRIVATE', () => store.read(outside(redirect(to))), { exitCode: 4 });
      assert.match(message, new URL(to).host);
    }
    for (const to of [
      'http://169.254.169.254/latest',
      'http://[::1]/',
      'http://[::ffff:10.0.0.1]/',
      'http://2130706433/',
    ])
      await refusal('DOWNLOAD_PRIVATE', () => store.read(outside(redirect(to))));
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

test('addresses: private, whatever their spelling', () => {
  const private_ = [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fc00::1'],
    ...['fdff:ffff::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a00:1'],
    ...['0:0:0:0:0:ffff:c0a8:0101', '::127.0.0.1', '64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:7f00:1::'],
  ];
  for (const address of private_) assert.ok(isPrivateAddress(address), address);
  const public_ = ['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.128.0.0', '172.15.0.1', '172.32.0.1', '192.167.1.1'];
  for (const address of [...public_, '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1'])
    assert.not.ok(isPrivateAddress(address), address);
});

test('hosts of URLs: numbers in any spelling, and names of this machine', () => {
  const host = (url: string) => isPrivateHost(new URL(url).hostname);
  for (const url of [
    'http://127.1/',
    'http://0x7f.0.0.1/',
    'http://2130706433/',
    'http://017700000001/',
    'http://localhost/',
  ])
    assert.is(host(url), true, url);
  for (const url of ['http://LOCALHOST./', 'http://a.localhost/', 'http://[::ffff:169.254.169.254]/', 'http://[::1]/'])
    assert.is(host(url), true, url);
  assert.is(host('http://8.8.8.8/'), false);
  assert.is(host('http://example.com/'), null);
});
