import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { FiddlerClient, Token } from '../../../fiddler/client/index.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { clientOf, PROJECT, QUICK, type Rig, SECRET, served } from './support/client.js';
import { type Answer, closedUrl, refused } from './support/scripted-server.js';

test('shows itself to nobody', () => {
  const one = new Token(SECRET);
  const dump = inspect(one, { showHidden: true, depth: null });
  for (const shown of [String(one), `${one}`, JSON.stringify({ one }), dump]) {
    assert.match(shown, /\[token\]/);
    assert.not.match(shown, SECRET);
  }
  assert.equal(Object.getOwnPropertyNames(one), []);
  assert.is(one.reveal(), SECRET);
});

test('comes from the environment, or from a file', async () => {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, `${SECRET}\n`);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN: SECRET }).reveal(), SECRET);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN_FILE: path }).reveal(), SECRET);
  assert.is(Token.fromEnvironment({ FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: path }).reveal(), SECRET);
  await refusal('TOKEN_MISSING', () => Token.fromEnvironment({}));
  await refusal('TOKEN_FILE', () => Token.fromEnvironment({ FIDDLER_TOKEN_FILE: `${path}.none` }));
});

test('what cannot be a header is refused without being shown', async () => {
  for (const value of [`${SECRET}\nx`, `${SECRET} x`, `${SECRET}é`, `${SECRET}\u0000`]) {
    const error = await refusal('TOKEN_INVALID', () => new Token(value));
    assert.not.match(inspect(error, { showHidden: true, depth: null }), SECRET);
  }
  await refusal('TOKEN_MISSING', () => new Token(' \n'));
});

/** As JSON may have it: every character by its number. */
function escaped(text = SECRET): string {
  return [...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

test('is taken out in every spelling', () => {
  for (const key of [SECRET, 'fid_ab/cd+ef==gh/ij+kl=', 'fid_%41"quoted"&<>\\\'~']) {
    const one = new Token(key);
    const bytes = Buffer.from(key);
    const hex = (prefix: string, suffix = '') =>
      [...bytes].map((code) => `${prefix}${code.toString(16).padStart(2, '0').toUpperCase()}${suffix}`).join('');
    const within = (text: string) => Buffer.from(text).toString('base64');
    const spellings = {
      plain: key,
      slashes: key.replaceAll('/', '\\/'),
      json: JSON.stringify(key),
      'json twice': JSON.stringify(JSON.stringify(key)),
      numbers: escaped(key),
      'numbers, twice': escaped(key).replaceAll('\\', '\\\\'),
      url: encodeURIComponent(key),
      'url, twice': encodeURIComponent(encodeURIComponent(key)),
      'url, all': hex('%'),
      html: hex('&#x', ';'),
      'html, decimal': [...bytes].map((code) => `&#${code};`).join(''),
      hex: bytes.toString('hex'),
      python: hex('\\x'),
      base64: within(key),
      'base64 of a header': within(`Bearer ${key}`),
      'base64 of a pair': within(`api:${key}`),
      'base64, for URLs': Buffer.from(`token=${key}`).toString('base64url'),
    };
    for (const [name, spelling] of Object.entries(spellings)) {
      const text = one.redact(`before ${spelling} after`);
      assert.match(text, /^before .*\[token\].* after$/, name);
      // What is left are the two ends of base64, which hold other text, and quotes.
      assert.ok(text.length < 'before [token] after'.length + 14, `${name}: ${text}`);
    }
  }
});

test('a short key is no part of names', () => {
  const one = new Token('emulator');
  assert.is(one.redactName('emulator_demo'), 'emulator_demo');
  assert.is(one.redact('emulator is odd'), '[token] is odd');
});

const TWICE = `"${escaped()}", "help": "${escaped()}"`;
const ECHOES: [string, Answer][] = [
  ['a refusal', refused(400, `Bearer ${SECRET} is odd`, SECRET)],
  ['a 401', refused(401, `token ${SECRET} expired`)],
  ['a 404', refused(404, SECRET)],
  ['a 500 page', { status: 500, body: `<html><title>${SECRET}</title>` }],
  ['a 200 page', { body: `<html><title>${SECRET}</title>` }],
  ['plain text', { body: `${SECRET} pong` }],
  ['a redirect', { status: 307, headers: { location: `https://login.example/${SECRET}` }, body: '' }],
  ['a reset', { reset: 'before' }],
  ['a refusal with escapes', { status: 401, body: `{"error": {"code": 401, "message": "token ${escaped()}"}}` }],
  ['a reason with escapes', { status: 400, body: `{"error": {"errors": [{"reason": ${TWICE}}]}}` }],
  ['data', { data: { id: 'p1', name: `it is ${SECRET}`, status: `${SECRET}`, server_version: `26.1.0-${SECRET}` } }],
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
    const use = async ({ client, events }: Rig) => {
      const error = await call(client).catch((thrown: unknown) => thrown);
      checkClean(error, events, client);
    };
    served(`${name}, answered with ${echo}`, [answer], use, { retry: { ...QUICK, windowSeconds: 0.02 } });
  }
}

test('nor when there is no server', async () => {
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

const TEXT = 'a client takes the text of a token, and says what is wrong with anything else';
served(TEXT, [{ data: PROJECT }], async ({ server }) => {
  const client = new FiddlerClient({ url: server.url, token: SECRET });
  assert.is((await client.projects.get('p1')).name, PROJECT.name);
  assert.is(server.asked[0]?.headers.authorization, `Bearer ${SECRET}`);
  assert.not.match(inspect(client, { depth: 9, showHidden: true }), SECRET);
  // As JavaScript passes what the environment does not have.
  const unset = undefined as unknown as string;
  await refusal('TOKEN_MISSING', () => new FiddlerClient({ url: server.url, token: unset }), 'undefined');
  await client.close();
});
