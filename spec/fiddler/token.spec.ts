/** The token gets out nowhere, whatever a server or a proxy says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FiddlerClient, type RequestEvent, Token } from '../../fiddler/index.js';
import { refusal } from '../support/rejects.js';
import { temporaryFolder } from '../support/temporary.js';
import { clientOf, PROJECT, QUICK, SECRET, withServer } from './support/client.js';
import { type Answer, closedUrl, refused, serve } from './support/scripted-server.js';

const token = suite('token');

token('shows itself to nobody', () => {
  const one = new Token(SECRET);
  for (const shown of [
    String(one),
    `${one}`,
    JSON.stringify({ one }),
    inspect(one, { showHidden: true, depth: null }),
  ]) {
    assert.match(shown, /\[token\]/);
    assert.not.match(shown, SECRET);
  }
  assert.equal(Object.getOwnPropertyNames(one), []);
  assert.is(one.reveal(), SECRET);
});

token('comes from the environment, or from a file', async () => {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, `${SECRET}\n`);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN: SECRET }).reveal(), SECRET);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN_FILE: path }).reveal(), SECRET);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: path }).reveal(), SECRET);
  await refusal('TOKEN_MISSING', () => Token.fromEnvironment({}));
  await refusal('TOKEN_FILE', () => Token.fromEnvironment({ FIDDLER_TOKEN_FILE: `${path}.none` }));
});

token('what cannot be a header is refused without being shown', async () => {
  for (const value of [`${SECRET}\nx`, `${SECRET} x`, `${SECRET}é`, `${SECRET}\u0000`]) {
    const error = await refusal('TOKEN_INVALID', () => new Token(value));
    assert.not.match(inspect(error, { showHidden: true, depth: null }), SECRET);
  }
  await refusal('TOKEN_MISSING', () => new Token(' \n'));
});

const ECHOES: [string, Answer][] = [
  ['a refusal', refused(400, `Bearer ${SECRET} is odd`, SECRET)],
  ['a 401', refused(401, `token ${SECRET} expired`)],
  ['a 404', refused(404, SECRET)],
  ['a 500 page', { status: 500, body: `<html><title>${SECRET}</title>` }],
  ['a 200 page', { body: `<html><title>${SECRET}</title>` }],
  ['plain text', { body: `${SECRET} pong` }],
  ['a redirect', { status: 307, headers: { location: `https://login.example/${SECRET}` }, body: '' }],
  ['a reset', { reset: 'before' }],
  ['a failed job', { data: { id: 'j1', status: 'FAILURE', error_reason: 'Odd', error_message: `key ${SECRET}` } }],
];

const CALLS: [string, (client: FiddlerClient) => Promise<unknown>][] = [
  ['get', (client) => client.projects.get('p1')],
  ['create', (client) => client.projects.create('p_one')],
  ['publish', (client) => client.events.publishRows({ modelId: 'm', envType: 'PRODUCTION', events: [{ a: 1 }] })],
  ['download', (client) => client.rows.download({ modelId: 'm', envType: 'PRODUCTION' })],
  ['wait', (client) => client.jobs.wait('j1', { timeoutSeconds: 0.05 })],
  ['server info', (client) => client.serverInfo()],
];

for (const [echo, answer] of ECHOES) {
  for (const [name, call] of CALLS) {
    token(`${name}, answered with ${echo}`, async () => {
      const retry = { ...QUICK, windowSeconds: 0.02 };
      const events: RequestEvent[] = [];
      await withServer(
        [answer],
        async ({ client }) => {
          const error = await call(client).catch((thrown: unknown) => thrown);
          checkClean(error, events, client);
        },
        { retry, onRequest: (event) => events.push(event) },
      );
    });
  }
}

token('nor when there is no server', async () => {
  const client = clientOf(await closedUrl());
  checkClean(await refusal('UNREACHABLE', () => client.serverInfo()), client);
});

function checkClean(...values: unknown[]): void {
  for (const value of values) {
    const dump = inspect(value, { showHidden: true, depth: null, getters: true });
    const error = value instanceof Error ? `${value.message}\n${value.stack}\n${inspect(value.cause)}` : '';
    const text = `${dump}\n${error}\n${JSON.stringify(value)}\n${String(value)}`;
    assert.not.ok(text.includes(SECRET), `the token is in ${text.slice(0, 2000)}`);
  }
}

token('a client takes the text of a token, and says what is wrong with anything else', async () => {
  const server = await serve([{ data: PROJECT }]);
  const client = new FiddlerClient({ url: server.url, token: SECRET });
  try {
    assert.is((await client.projects.get('p1')).name, PROJECT.name);
    assert.is(server.asked[0]?.headers.authorization, `Bearer ${SECRET}`);
    assert.not.match(inspect(client, { depth: 9, showHidden: true }), SECRET);
    // As JavaScript passes what the environment does not have.
    const unset = undefined as unknown as string;
    const error = await refusal('TOKEN_MISSING', () => new FiddlerClient({ url: server.url, token: unset }));
    assert.match(error.message, 'undefined');
  } finally {
    await client.close();
    await server.close();
  }
});

token.run();
