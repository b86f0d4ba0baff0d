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
import { assert, fixtures, packageRoot, refusal, test } from '../../support/test.js';
import { clientOf, QUICK, served, withServer } from './support/client.js';
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
  test(`${status} is ${code}`, async () => {
    const script = [refused(status, 'the words of the server', 'ItsReason')];
    await withServer(
      script,
      async ({ client }) => {
        const error = (await refusal(code, () => client.projects.get('p1'))) as FiddlerError;
        assert.instance(error, type);
        assert.is(error.name, type.name);
        assert.is(error.exitCode, exitCode);
        assert.is(error.status, status);
        assert.is(error.reason, 'the words of the server');
        assert.is(error.reasonCode, 'ItsReason');
        assert.match(
          error.message,
          /^GET http:\/\/127.*\/v3\/projects\/p1: status \d+ ItsReason.*: the words of the server$/,
        );
        assert.match(error.hint ?? '', hint);
      },
      { retry: QUICK },
    );
  });
}

test('docs/exit-codes.md names those of 5 that another try does not help', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'exit-codes.md'), 'utf8');
  const [, section = ''] = page.split('## A token or a right is missing');
  const listed = [...section.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [Number(status), code]);
  const ofToken = STATUSES.filter(([, , type, exitCode]) => type === Unauthorized && exitCode === 5);
  assert.equal(listed, [...ofToken.map(([status, code]) => [status, code]), [407, 'PROXY_UNAUTHORIZED']]);
});

served('407 of a proxy is told at once, with what to do', [{ status: 407, body: '' }], async ({ client, server }) => {
  const error = await refusal('PROXY_UNAUTHORIZED', () => client.projects.get('p1'));
  assert.instance(error, Unauthorized);
  assert.is(error.exitCode, 5);
  assert.match(error.hint ?? '', /HTTPS_PROXY/);
  assert.is(server.asked.length, 1);
});

/** Bodies that are not Fiddler's envelope, and the reason found in them. */
const BODIES: [string, string, string | null][] = [
  ['empty', '', null],
  ['an envelope without errors', '{"error":{"code":400,"message":"odd"}}', 'odd'],
  ['an envelope with empty errors', '{"error":{"code":400,"message":"odd","errors":[]}}', 'odd'],
  ['an error of text', '{"error":"odd"}', 'odd'],
  ['a detail', '{"detail":"odd"}', 'odd'],
  ['a message', '{"message":"odd"}', 'odd'],
  ['another detail', '{"detail":[{"loc":["body"]}]}', null],
  ['plain text', 'upstream odd', 'upstream odd'],
  ['an array', '[1]', null],
  ['null', 'null', null],
  ['a page', '<!DOCTYPE html><html><head><title>Blocked</title>', null],
  ['escapes of a terminal', '\u001b[2Jodd', '\\u001b[2Jodd'],
];

for (const [name, body, reason] of BODIES) {
  served(`a 400 with ${name}`, [{ status: 400, body }], async ({ client }) => {
    const error = (await refusal('REJECTED', () => client.projects.get('p1'))) as FiddlerError;
    assert.is(error.reason, reason);
    if (name === 'a page') assert.match(`${error.message} ${error.hint}`, /a web page "Blocked".*proxy/);
  });
}

const PAGE: Answer = {
  headers: { 'content-type': 'text/html' },
  body: '<html><head><title>Sign in</title></head></html>',
};
const UNREADABLE: [string, Answer, string, RegExp][] = [
  ['HTML', PAGE, 'NOT_FIDDLER', /a web page "Sign in"/],
  ['nothing', { body: '' }, 'ANSWER_UNREADABLE', /is empty/],
  ['other text', { body: 'pong' }, 'ANSWER_UNREADABLE', /begins with "pong"/],
  ['no data', { body: '[]' }, 'ANSWER_UNREADABLE', /has no data/],
  ['data of another kind', { data: { id: 7, name: 'x' } }, 'ANSWER_UNREADABLE', /data\.id: /],
];

for (const [name, answer, code, message] of UNREADABLE) {
  served(`a 200 with ${name} is ${code}`, [answer], async ({ client, server }) => {
    const error = await refusal(code, () => client.projects.get('p1'));
    assert.match(error.message, message);
    assert.ok(error.hint);
    assert.is(server.asked.length, 1);
  });
}

test('nobody listens: told after the window of the first contact, not the whole', async () => {
  const events: number[] = [];
  const retry = { ...QUICK, windowSeconds: 1000 };
  const client = clientOf(await closedUrl(), { retry, onRequest: ({ attempt }) => events.push(attempt) });
  const error = (await refusal('UNREACHABLE', () => client.serverInfo())) as FiddlerError;
  assert.instance(error, Unavailable);
  assert.match(error.message, /nothing listens there/);
  assert.match(error.hint ?? '', /FIDDLER_URL/);
  assert.is(error.exitCode, 5);
  assert.ok(events.length > 1);
});

test('a host that is none', async () => {
  await refusal('UNREACHABLE', () => clientOf('https://no-such-host.invalid').serverInfo(), /no host of that name/);
});

const tls = () => ({
  key: readFileSync(join(fixtures, 'fiddler', 'tls-key.pem')),
  cert: readFileSync(join(fixtures, 'fiddler', 'tls-certificate.pem')),
});

test('a certificate that is not trusted is told at once, with what to do', async () => {
  const server = await serve([{}], tls());
  const attempts: number[] = [];
  const client = clientOf(server.url, { onRequest: ({ attempt }) => attempts.push(attempt) });
  const error = await refusal('TLS_FAILED', () => client.serverInfo()).finally(() => server.close());
  assert.match(error.message, /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  assert.match(error.hint ?? '', /NODE_EXTRA_CA_CERTS/);
  assert.is(error.exitCode, 5);
  assert.equal(attempts, [1]);
});

served('https where http is spoken', [{}], async ({ server }) => {
  const client = clientOf(server.url.replace('http:', 'https:'));
  const error = await refusal('TLS_FAILED', () => client.serverInfo());
  assert.match(error.hint ?? '', /does not speak TLS/);
});

test('a port that fetch forbids', async () => {
  const error = await refusal('UNREACHABLE', () => clientOf('http://127.0.0.1:6000').serverInfo());
  assert.match(error.hint ?? '', /port/);
});

const URLS: [string | undefined, string][] = [
  [undefined, 'URL_MISSING'],
  [' ', 'URL_MISSING'],
  ['acme.fiddler.ai', 'URL_INVALID'],
  ['ftp://acme.fiddler.ai', 'URL_INVALID'],
  ['https://ada:hunter2@acme.fiddler.ai', 'URL_INVALID'],
  ['https://acme.fiddler.ai/?a=hunter2', 'URL_INVALID'],
];

for (const [url, code] of URLS) {
  test(`the URL ${url} is ${code}`, async () => {
    const env = { FIDDLER_TOKEN: 'x', ...(url === undefined ? {} : { FIDDLER_URL: url }) };
    const error = await refusal(code, () => FiddlerClient.fromEnvironment({}, env));
    assert.match(error.hint ?? '', /FIDDLER_URL/);
    assert.not.match(`${error.message}${error.hint}`, /hunter2/);
    assert.is(error.exitCode, 4);
  });
}

test('slashes and /v3 at the end of a URL do not matter', () => {
  for (const end of ['', '/', '//', '/v3', '/v3/']) {
    const env = { FIDDLER_TOKEN: 'x', FIDDLER_URL: `https://acme.fiddler.ai${end}` };
    assert.is(FiddlerClient.fromEnvironment({}, env).url, 'https://acme.fiddler.ai');
  }
});
