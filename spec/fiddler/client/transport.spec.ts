import { type FiddlerError, Token, UnknownOutcome } from '../../../fiddler/client/index.js';
import { Transport } from '../../../fiddler/client/transport.js';
import { assert, refusal, rejection, test } from '../../support/test.js';
import { clientOf, PROJECT, QUICK, type Rig, SECRET, served, withServer } from './support/client.js';
import { type Answer, closedUrl, page, refused } from './support/scripted-server.js';

const OK: Answer = { data: PROJECT };
const RESET: Answer = { reset: 'before' };
const CUT: Answer = { data: PROJECT, reset: 'within' };

const ORDERS: [string, Answer[]][] = [
  ['reset, 429, 500', [RESET, refused(429), refused(500), OK]],
  ['500, reset, 429', [refused(500), RESET, refused(429), OK]],
  ['cut body, 503 as HTML, reset', [CUT, { status: 503, body: '<html></html>' }, RESET, OK]],
  ['429 with Retry-After 0, cut body', [{ ...refused(429), headers: { 'retry-after': '0' } }, CUT, OK]],
];

for (const [name, answers] of ORDERS) {
  served(`a GET goes on after ${name}`, answers, async ({ client, server, events }) => {
    assert.is((await client.projects.get('p1')).name, PROJECT.name);
    assert.is(server.asked.length, answers.length);
    const retries = server.asked.map(({ headers }) => headers['x-fiddler-client-retry']);
    assert.equal(retries, [undefined, '1', '2', '3'].slice(0, answers.length));
    const found = events.map(({ attempt }) => attempt);
    assert.equal(found, [1, 2, 3, 4].slice(0, answers.length));
    const last = events.at(-1)!;
    assert.ok(last.status === 200 && last.failure === null && last.waitSeconds === null && last.bytesIn > 0);
    assert.ok(events.slice(0, -1).every(({ failure, waitSeconds }) => failure !== null && waitSeconds !== null));
  });
}

test('the same body is sent again', async () => {
  const inferred = { schema: { columns: [] }, spec: {} };
  await withServer([RESET, refused(502), { data: inferred }], async ({ client, server }) => {
    await client.models.infer({ fileId: 'f1' });
    const seen = server.asked.map(({ body }) => body.toString());
    assert.equal(seen, Array(3).fill('{"file_id":"f1"}'));
    assert.ok(server.asked.every(({ headers }) => headers['content-type'] === 'application/json'));
  });
});

served(
  'who asks is said; no Content-Type without a body',
  [OK],
  async ({ client, server }) => {
    await client.projects.get('a/b c');
    const [asked] = server.asked;
    assert.is(asked?.path, '/v3/projects/a%2Fb%20c');
    assert.is(asked?.headers.authorization, `Bearer ${SECRET}`);
    assert.is(asked?.headers['x-fiddler-client-name'], 'image-drift');
    assert.is(asked?.headers['x-fiddler-client-version'], '1.2.3');
    assert.is(asked?.headers['content-type'], undefined);
  },
  { clientVersion: '1.2.3' },
);

for (const [status, code] of [
  [429, 'RATE_LIMITED'],
  [500, 'SERVER_FAILED'],
  [503, 'SERVER_FAILED'],
] as const) {
  served(
    `${status} at the end of the window is ${code}`,
    [refused(status, 'come back')],
    async ({ client, server, events }) => {
      const error = (await refusal(code, () => client.projects.get('p1'), { exitCode: 5 })) as FiddlerError;
      assert.ok(server.asked.length > 3);
      assert.equal([error.attempts, error.status, error.reason], [server.asked.length, status, 'come back']);
      assert.is(events.at(-1)?.waitSeconds, null);
    },
    { retry: QUICK },
  );
}

served(
  'a Retry-After longer than the window is not waited for, and told',
  [{ ...refused(429), headers: { 'retry-after': '3600' } }],
  async ({ client, server }) => {
    await refusal('RATE_LIMITED', () => client.projects.get('p1'), { hint: /3,600 s/ });
    assert.is(server.asked.length, 1);
  },
);

test('Retry-After is waited for, as a date too', async () => {
  const now = Date.parse('Mon, 05 Jan 2026 09:00:00 GMT');
  const date = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 1000).toUTCString() };
  const busy = [{ ...refused(429), headers: { 'retry-after': '0.2' } }, { ...refused(503), headers: date }, OK];
  const waitsFor = async ({ client, events }: Rig) => {
    await client.projects.get('p1');
    return events.map(({ waitSeconds }) => waitSeconds);
  };
  assert.equal(await withServer(busy, waitsFor, { retry: { ...QUICK, windowSeconds: 5 } }), [0.2, 1, null]);
});

const REFUSED_AT_ONCE = [400, 401, 403, 404, 405, 409, 413, 422, 501];
for (const status of REFUSED_AT_ONCE) {
  served(`${status} is not tried again`, [refused(status), OK], async ({ client, server }) => {
    await rejection(() => client.projects.get('p1'));
    assert.is(server.asked.length, 1);
  });
}

const rows = { modelId: 'm1', envType: 'PRODUCTION', events: [{ x: 1 }] } as const;
const LOST: [string, Answer][] = [
  ['a reset', RESET],
  ['a cut answer', { data: { event_ids: ['e1'] }, reset: 'within' }],
  ['a 500', refused(500)],
  ['a 502 in HTML', { status: 502, body: '<html><title>Bad gateway</title></html>' }],
  ['a 200 in HTML', { body: '<html><title>Sign in</title></html>' }],
  ['an empty 200', { body: '' }],
  ['a 202 that cannot be read', { status: 202, data: { odd: true } }],
];

for (const [name, answer] of LOST) {
  served(`publishing is never repeated after ${name}`, [answer], async ({ client, server }) => {
    const error = await refusal('UNKNOWN_OUTCOME', () => client.events.publishRows(rows), { exitCode: 5 });
    assert.instance(error, UnknownOutcome);
    assert.ok(error.cause instanceof Error);
    assert.is(server.asked.length, 1);
  });
}

test('publishing is repeated after a 429 and a refused connection, as nothing was done then', async () => {
  const answers = [refused(429), refused(429), { status: 202, data: { event_ids: ['e1'] } }];
  await withServer(answers, async ({ client, server }) => {
    assert.equal(await client.events.publishRows(rows), ['e1']);
    assert.is(server.asked.length, 3);
  });
  const nobody = clientOf(await closedUrl());
  await refusal('UNREACHABLE', () => nobody.events.publishRows(rows));
});

served('publishing that is refused is refused', [refused(400, 'no such column')], async ({ client }) => {
  const error = (await refusal('REJECTED', () => client.events.publishRows(rows), { exitCode: 4 })) as FiddlerError;
  assert.is(error.reason, 'no such column');
});

served('a file event is published once, its lost answer told', [RESET], async ({ client, server }) => {
  const file = { modelId: 'm1', envType: 'PRODUCTION', fileId: 'f1' } as const;
  await refusal('UNKNOWN_OUTCOME', () => client.events.publishFile(file));
  assert.is(server.asked.length, 1);
});

served('an update is repeated', [RESET, { status: 202, data: { event_ids: ['e1'] } }], async ({ client, server }) => {
  assert.equal(await client.events.updateRows(rows), ['e1']);
  const methods = server.asked.map(({ method }) => method);
  assert.equal(methods, ['PATCH', 'PATCH']);
});

test('an abort ends a wait with its own reason', async () => {
  const abort = new AbortController();
  const reason = new Error('stopped by the user');
  const retry = { ...QUICK, windowSeconds: 1000, firstWaitSeconds: 500, longestWaitSeconds: 500 };
  const onRequest = () => void setTimeout(() => abort.abort(reason), 5);
  await withServer(
    [refused(500)],
    async ({ client, server }) => {
      const thrown = await client.projects.get('p1').catch((error: unknown) => error);
      assert.is(thrown, reason);
      assert.is(server.asked.length, 1);
    },
    { signal: abort.signal, retry, onRequest },
  );
});

test('an abort ends a request that is not answered, and every later one', async () => {
  const abort = new AbortController();
  const reason = new Error('stopped by the user');
  await withServer(
    [{ silent: true }],
    async ({ client, server }) => {
      // On a busy machine the request arrives late.
      const timer = setInterval(() => {
        if (server.asked.length === 0) return;
        clearInterval(timer);
        abort.abort(reason);
      }, 10);
      assert.is(await client.projects.get('p1').catch((error: unknown) => error), reason);
      assert.is(await client.projects.get('p1').catch((error: unknown) => error), reason);
      assert.is(server.asked.length, 1);
    },
    { signal: abort.signal },
  );
});

served('a silent server is given up', [{ silent: true }], async ({ server }) => {
  const one = new Transport({ url: server.url, token: new Token(SECRET), retry: { ...QUICK, windowSeconds: 0.01 } });
  const request = { method: 'GET', path: '/v3/projects/p1', repeatable: true, answerSeconds: 0.2 } as const;
  await refusal('CONNECTION_LOST', () => one.send(request), /no answer came in time/);
  await one.close();
});

served('an answer that is too long is not read to its end', [{ body: 'x'.repeat(5000) }], async ({ server }) => {
  const one = new Transport({ url: server.url, token: new Token(SECRET), retry: QUICK });
  const request = { method: 'GET', path: '/v3/projects/p1', repeatable: true, maxAnswerBytes: 4999 } as const;
  await refusal('ANSWER_TOO_LARGE', () => one.send(request));
  assert.is(server.asked.length, 1);
  await one.close();
});

test('a redirect is told, not followed', async () => {
  const answer = { status: 302, headers: { location: 'https://login.example/sso?secret=1' }, body: '' };
  await withServer([answer], async ({ client, server }) => {
    const says = { hint: /https:\/\/login\.example\/sso\. /, exitCode: 5 };
    await refusal('REDIRECTED', () => client.projects.get('p1'), says);
    assert.is(server.asked.length, 1);
  });
});

served('a path in the URL is kept', [page([PROJECT])], async ({ server }) => {
  const client = clientOf(`${server.url}/behind/`);
  await client.projects.byName('image_monitoring');
  assert.is(server.asked[0]?.path, '/behind/v3/projects');
  await client.close();
});
