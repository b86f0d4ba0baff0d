/** What `--offline` promises, asked of each way out; and no global of Node is changed for it. */
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Agent } from 'undici';
import { isThisMachine, setOffline } from '../../base/index.js';
import { program } from '../../cli/program.js';
import { FiddlerClient } from '../../fiddler/client/index.js';
import { RemoteStore } from '../../files/download/index.js';
import { httpHandler } from '../../files/download/s3/sdk.js';
import { s3Stand } from '../support/s3-stand.js';
import { serveSite } from '../support/site.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

const AWAY = 'https://192.0.2.1/x.tar';
const says = (host: string) => `a connection to ${host} was asked for, and --offline allows none`;

test('a command that is offline leaves the prototype of sockets and the global fetch as they are', async () => {
  const before = [Socket.prototype.connect, globalThis.fetch];
  await program(['inspect', join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'), '--offline', '--json']);
  assert.equal([Socket.prototype.connect, globalThis.fetch], before);
});

test('files and Fiddler: refused at once, without another try; this machine is asked', async () => {
  const site = await serveSite({ 'a.txt': Buffer.from('here') }, {});
  setOffline(true);
  const store = new RemoteStore({ most: 99, sleep: () => Promise.reject(new Error('tried again')) });
  try {
    assert.is(Buffer.from(await store.read(`${site.url}a.txt`)).toString(), 'here');
    await refusal('OFFLINE', () => store.read(AWAY), says('192.0.2.1'));
    const tries: unknown[] = [];
    const client = new FiddlerClient({ url: 'https://192.0.2.1', token: 'x', onRequest: (one) => tries.push(one) });
    await refusal('OFFLINE', () => client.serverInfo(), says('192.0.2.1'));
    assert.equal(tries, []);
  } finally {
    setOffline(false);
    await store.close();
    await site.close();
  }
});

test('buckets: credentials are those of the environment, and each request is judged by its host', async () => {
  setOffline(true);
  const [id, key] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => process.env[name]);
  delete process.env['AWS_ACCESS_KEY_ID'];
  const store = new RemoteStore({ most: 99, sdk: s3Stand().sdk });
  try {
    await refusal('OFFLINE', () => store.read('s3://bucket/key'), says('a service that gives out AWS credentials'));
    const request = {
      method: 'GET',
      protocol: 'https:',
      hostname: 'b.s3.amazonaws.com',
      path: '/',
      query: {},
      headers: {},
    };
    await refusal('OFFLINE', () => httpHandler(new Agent()).handle(request), says('b.s3.amazonaws.com'));
  } finally {
    setOffline(false);
    if (id !== undefined) process.env['AWS_ACCESS_KEY_ID'] = id;
    if (key !== undefined) process.env['AWS_SECRET_ACCESS_KEY'] = key;
    await store.close();
  }
});

test('which names are this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', '[::ffff:7f00:1]']) assert.ok(isThisMachine(host), host);
  for (const host of ['localhost.example', '128.0.0.1', '[::2]', '[::ffff:a00:1]', '10.0.0.1']) {
    assert.not.ok(isThisMachine(host), host);
  }
});
