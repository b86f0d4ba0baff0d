/** A request may have arrived, unless its connection failed before it began to go out. */
import { execFile } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { networkFailure } from '../../../fiddler/client/exchange.js';
import { UnknownOutcome } from '../../../fiddler/client/index.js';
import { assert, packageRoot, refusal, test } from '../../support/test.js';
import { clientOf, SECRET, served } from './support/client.js';
import { certificate, closedUrl, serve } from './support/scripted-server.js';

const EVENT = { modelId: 'm', envType: 'PRODUCTION' as const, events: [{ event_id: 'a' }] };

for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ERR_SSL_BAD_RECORD_MAC', 'EPROTO', 'ECONNRESET']) {
  test(`${code} while a request is under way may have been carried out; before, it was not`, () => {
    const cause = Object.assign(new Error('read'), { code, syscall: 'read' });
    const thrown = new TypeError('fetch failed', { cause });
    assert.is(networkFailure(thrown, true).failure.kind, 'lost');
    assert.is.not(networkFailure(thrown, false).failure.kind, 'lost');
  });
}

test('nothing listens: events are refused as not sent', async () => {
  const client = clientOf(await closedUrl());
  const error = await refusal('UNREACHABLE', () => client.events.publishRows(EVENT));
  assert.not.ok(error instanceof UnknownOutcome);
  await client.close();
});

served(
  'the server has the request, and its answer is cut: the outcome is unknown',
  [{ reset: 'before' }],
  async ({ client, server }) => {
    await refusal('UNKNOWN_OUTCOME', () => client.events.publishRows(EVENT));
    assert.is(server.asked.length, 1);
  },
);

test('TLS breaks after the server has the request: sent once, and the outcome is unknown', async () => {
  const through: Socket[] = [];
  const tenant = await serve(() => {
    // Bytes that are no TLS record, where the answer should come.
    for (const socket of through) socket.write('this is not a record of TLS at all');
    return { silent: true };
  }, 'https');
  const middle = createServer((socket) => {
    through.push(socket);
    const onward = connect(Number(new URL(tenant.url).port), '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => middle.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(middle.address() as AddressInfo).port}`;
  const room = pathToFileURL(join(packageRoot, 'dist', 'fiddler', 'client', 'index.js')).href;
  const program = `
    const { FiddlerClient } = await import(${JSON.stringify(room)});
    const client = new FiddlerClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(SECRET)} });
    try { await client.events.publishRows(${JSON.stringify(EVENT)}); } catch (error) { console.log(error.code, error.message); }
    process.exit();
  `;
  try {
    const env = { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificate };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
    assert.match(stdout, /^UNKNOWN_OUTCOME .*may have been carried out/);
    assert.is(tenant.asked.length, 1);
  } finally {
    middle.close();
    for (const socket of through) socket.destroy();
    await tenant.close();
  }
});

test('plain http to another machine is refused before anything is sent, unless it is asked for', async () => {
  for (const url of ['http://tenant.example', 'http://10.0.0.7:8080/fiddler', 'http://127.0.0.1.example']) {
    await refusal('URL_INSECURE', () => clientOf(url), { hint: '--insecure-http' });
    await clientOf(url, { insecureHttp: true }).close();
  }
  for (const url of ['http://127.0.0.1:7575', 'http://localhost', 'http://[::1]:80', 'https://tenant.example']) {
    await clientOf(url).close();
  }
});
