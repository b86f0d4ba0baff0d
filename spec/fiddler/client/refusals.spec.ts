import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Conflict,
  FiddlerClient,
  type FiddlerError,
  NotFound,
  Rejected,
  Unauthorized,
  Unavailable,
  Unsupported,
} from '../../../fiddler/client/index.js';
import { assert, packageRoot, readFixture, refusal, test } from '../../support/test.js';
import { clientOf, QUICK, served } from './support/client.js';
import { type Answer, closedUrl, refused, serve } from './support/scripted-server.js';

const STATUSES: [number, string, new (...all: never[]) => FiddlerError, 4 | 5, RegExp][] = [
  [400, 'REJECTED', Rejected, 4, /reason/],
  [401, 'UNAUTHORIZED', Unauthorized, 5, /expired.*Credentials.*FIDDLER_TOKEN/],
  [403, 'FORBIDDEN', Unauthorized, 5, /may not/],
  [404, 'NOT_FOUND', NotFound, 4, /deleted/],
  [405, 'UNSUPPORTED', Unsupported, 4, /does not offer/],
  [409, 'CONFLICT', Conflict, 4, /another name/],
  [413, 'TOO_LARGE', Rejected, 4, /fewer rows/],
  [422, 'REJECTED', Rejected, 4, /reason/],
  [429, 'RATE_LIMITED', Unavailable, 5, /later/],
  [500, 'SERVER_FAILED', Unavailable, 5, /later/],
  [501, 'NOT_ENABLED', Unsupported, 4, /not enabled/],
];

for (const [status, code, type, exitCode, hint] of STATUSES) {
  const reason = 'the words of the server';
  const message = /^GET http:\/\/127.*\/v3\/projects\/p1: status \d+ ItsReason.*: the words of the server$/;
  served(
    `${status} is ${code}`,
    [refused(status, reason, 'ItsReason')],
    async ({ client }) => {
      const attempt = () => client.projects.get('p1');
      const error = (await refusal(code, attempt, { message, hint, exitCode })) as FiddlerError;
      assert.instance(error, type);
      assert.equal(
        [error.name, error.status, error.reason, error.reasonCode],
        [type.name, status, reason, 'ItsReason'],
      );
    },
    { retry: QUICK },
  );
}

test('docs/exit-codes.md names those of 5 that another try does not help', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'exit-codes.md'), 'utf8');
  const [, section = ''] = page.split('## A token or a right is missing');
  const listed = [...section.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [Number(status), code]);
  const ofToken = STATUSES.filter(([, , type, exitCode]) => type === Unauthorized && exitCode === 5);
  assert.equal(listed, [...ofToken.map(([status, code]) => [status, code]), [407, 'PROXY_UNAUTHORIZED']]);
});

served('407 of a proxy is told at once, with what to do', [{ status: 407, body: '' }], async ({ client, server }) => {
  const says = { exitCode: 5, hint: /HTTPS_PROXY/ };
  assert.instance(await refusal('PROXY_UNAUTHORIZED', () => client.projects.get('p1'), says), Unauthorized);
  assert.is(server.asked.length, 1);
});

interface Cases {
  /** Bodies that are not Fiddler's envelope, and the reason found in them. */
  bodies: [name: string, body: string, reason: string | null][];
  unreadable: [name: string, answer: Answer, code: string, message: string][];
  /** What `FIDDLER_URL` is. */
  urls: [url: string | null, code: string][];
}

const { bodies, unreadable, urls } = readFixture<Cases>('fiddler', 'refusals.json');

for (const [name, body, reason] of bodies) {
  served(`a 400 with ${name}`, [{ status: 400, body }], async ({ client }) => {
    const error = (await refusal('REJECTED', () => client.projects.get('p1'))) as FiddlerError;
    assert.is(error.reason, reason);
    if (name === 'a page') assert.match(`${error.message} ${error.hint}`, /a web page "Blocked".*proxy/);
  });
}

for (const [name, answer, code, message] of unreadable) {
  served(`a 200 with ${name} is ${code}`, [answer], async ({ client, server }) => {
    const error = await refusal(code, () => client.projects.get('p1'), message);
    assert.ok(error.hint);
    assert.is(server.asked.length, 1);
  });
}

test('nobody listens: told after the window of the first contact, not the whole', async () => {
  const events: number[] = [];
  const retry = { ...QUICK, windowSeconds: 1000 };
  const client = clientOf(await closedUrl(), { retry, onRequest: ({ attempt }) => events.push(attempt) });
  const says = { message: /nothing listens there/, hint: /FIDDLER_URL/, exitCode: 5 };
  assert.instance(await refusal('UNREACHABLE', () => client.serverInfo(), says), Unavailable);
  assert.ok(events.length > 1);
});

test('a host that is none', async () => {
  await refusal('UNREACHABLE', () => clientOf('https://no-such-host.invalid').serverInfo(), /no host of that name/);
});

test('a certificate that is not trusted is told at once, with what to do', async () => {
  const server = await serve([{}], 'https');
  const attempts: number[] = [];
  const client = clientOf(server.url, { onRequest: ({ attempt }) => attempts.push(attempt) });
  const message = /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/;
  const attempt = () => client.serverInfo().finally(() => server.close());
  await refusal('TLS_FAILED', attempt, { message, hint: /NODE_EXTRA_CA_CERTS/, exitCode: 5 });
  assert.equal(attempts, [1]);
});

served('https where http is spoken', [{}], async ({ server }) => {
  const client = clientOf(server.url.replace('http:', 'https:'));
  await refusal('TLS_FAILED', () => client.serverInfo(), { hint: /does not speak TLS/ });
});

test('a port that fetch forbids', async () => {
  await refusal('UNREACHABLE', () => clientOf('http://127.0.0.1:6000').serverInfo(), { hint: /port/ });
});

for (const [url, code] of urls) {
  test(`the URL ${url ?? undefined} is ${code}`, async () => {
    const env = { FIDDLER_TOKEN: 'x', ...(url === null ? {} : { FIDDLER_URL: url }) };
    const says = { hint: /FIDDLER_URL/, exitCode: 4 };
    const { message, hint } = await refusal(code, () => FiddlerClient.fromEnvironment({}, env), says);
    assert.not.match(`${message}${hint}`, /hunter2/);
  });
}

test('slashes and /v3 at the end of a URL do not matter', () => {
  for (const end of ['', '/', '//', '/v3', '/v3/']) {
    const env = { FIDDLER_TOKEN: 'x', FIDDLER_URL: `https://acme.fiddler.ai${end}` };
    assert.is(FiddlerClient.fromEnvironment({}, env).url, 'https://acme.fiddler.ai');
  }
});
