import { request as httpRequest } from 'node:http';
import { type Emulator, startEmulator } from 'image-drift-emulator';
import { assert, refusal, suite, temporaryFolder } from '../../support/test.js';
import {
  ask,
  data,
  finished,
  nameFilter,
  ofFile,
  onboard,
  parquet,
  publishRows,
  sampleRows,
  start,
  TOKEN,
  upload,
} from './support.js';

const door = suite<{ emulator: Emulator }>('emulator: the door');

door.before(async (context) => {
  context.emulator = await start();
});
door.after(({ emulator }) => emulator.close());

door('without the token there is nothing but a 401 and the page', async ({ emulator }) => {
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
    for (const path of ['/v3/server-info', '/v3/projects', '/emulator/state', '/emulator/traffic']) {
      const { status, body } = await ask(emulator, 'GET', path, undefined, { authorization });
      assert.is(status, 401, `${authorization} ${path}`);
      assert.equal([body.error.code, body.error.errors[0].reason], [401, 'Unauthorized']);
    }
  }
  const page = await fetch(`${emulator.url}/`);
  assert.is(page.status, 200);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.not.match(await page.text(), new RegExp(TOKEN));
});

door('an address that is not well formed is refused in the same form as all else', async ({ emulator }) => {
  for (const path of ['/v3/models/%E0%A4%A', '/v3/%zz', '/%']) {
    const { status, body } = await ask(emulator, 'GET', path);
    assert.is(status, 400, path);
    assert.equal([body.kind, body.error.code, body.error.errors[0].reason], ['ERROR', 400, 'BadRequest']);
  }
});

door('another host name is refused, even with the token', async ({ emulator }) => {
  const { port } = new URL(emulator.url);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example']) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host, authorization: `Bearer ${TOKEN}` };
      httpRequest(`${emulator.url}/v3/projects`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    assert.is(status, 403, host);
  }
  assert.is((await fetch(`http://localhost:${port}/`)).status, 200);
});

door('refusals are envelopes: unknown addresses, other methods, bodies that are no JSON', async ({ emulator }) => {
  const unknown = await ask(emulator, 'GET', '/v3/nothing');
  const method = await ask(emulator, 'PUT', '/v3/projects', {});
  const json = await ask(emulator, 'POST', '/v3/projects', '{"name": ', { 'content-type': 'application/json' });
  const type = await ask(emulator, 'POST', '/v3/projects', '<xml/>', { 'content-type': 'application/xml' });
  assert.equal([unknown.status, method.status, json.status, type.status], [404, 405, 400, 400]);
  assert.is(method.body.error.errors[0].reason, 'MethodNotAllowed');
  for (const { body } of [unknown, method, json, type]) assert.ok(Array.isArray(body.error.errors));
});

door('names follow the rules, and everything that is wrong is told at once', async ({ emulator }) => {
  for (const name of ['with-hyphen', 'Capital', '1st', 'a', 'a'.repeat(33), 7, null]) {
    assert.is((await ask(emulator, 'POST', '/v3/projects', { name })).status, 400, String(name));
  }
  const { body } = await ask(emulator, 'POST', '/v3/models', { name: 'x-y' });
  assert.ok(body.error.errors.length >= 3, JSON.stringify(body));
  const wrong = body.error.errors.map((each: { message: string }) => each.message).join('\n');
  for (const member of ['name', 'project_id', 'schema', 'spec']) assert.match(wrong, new RegExp(`^${member}: `, 'm'));
});

door('lists come in pages, filtered and counted', async ({ emulator }) => {
  for (let i = 0; i < 7; i++) await data(emulator, 'POST', '/v3/projects', { name: `paged_${i}` });
  const page = await data(emulator, 'GET', '/v3/projects?limit=3&offset=3');
  const { items, ...numbers } = page;
  assert.equal(numbers, { page_size: 3, item_count: 3, total: 7, page_count: 3, page_index: 2, offset: 3 });
  assert.is(items[0].name, 'paged_3');
  const one = await data(emulator, 'GET', `/v3/projects?filter=${nameFilter({ name: 'paged_5' })}`);
  assert.equal([one.total, one.items[0].name], [1, 'paged_5']);
  const all = encodeURIComponent('{"condition":"AND","rules":[]}');
  assert.is((await data(emulator, 'GET', `/v3/projects?filter=${all}`)).total, 7);
  for (const filter of ['{', '{"rules":[{"field":"__proto__","operator":"equal","value":1}]}', '{"rules":{}}']) {
    assert.is((await ask(emulator, 'GET', `/v3/projects?filter=${encodeURIComponent(filter)}`)).status, 400, filter);
  }
  assert.is((await ask(emulator, 'GET', '/v3/projects?limit=0')).status, 400);
});

door('hostile uploads get a 400, files that are none a failed job, and the server goes on', async ({ emulator }) => {
  const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
  const part = (head: string) => `--x\r\nContent-Disposition: form-data; ${head}\r\n\r\na\r\n`;
  const whole = (...heads: string[]) => `${heads.map((head) => part(head)).join('')}--x--\r\n`;
  const cut = ['', 'no boundary at all', '--x', part('name="file"'), part('name="file"; filename="a.csv"')];
  const bodies = [
    whole(),
    whole('name="other"; filename="a.csv"'),
    whole('name="file"; filename="a.exe"'),
    whole('name="__proto__"', 'name="file"; filename="a.exe"'),
    whole('name="file"; filename="a.csv"', 'name="file"; filename="b.csv"'),
    whole(...Array.from({ length: 100 }, (_, i) => `name="field${i}"`)),
  ];
  for (const body of [...cut, ...bodies]) {
    const { status } = await ask(emulator, 'POST', '/v3/files/upload', body, multipart);
    assert.ok(status >= 400 && status < 500, `${status} for ${body.slice(0, 80)}`);
  }
  const unbound = { 'content-type': 'multipart/form-data' };
  assert.is((await ask(emulator, 'POST', '/v3/files/upload', 'x', unbound)).status, 400);

  const { model } = await onboard(emulator, 'hostile');
  const file = parquet(sampleRows(50, 3));
  const damaged = [
    new Uint8Array(0),
    new TextEncoder().encode('PAR1'),
    file.slice(0, -9),
    file.map((byte, i) => (i > 200 && i < 260 ? 255 - byte : byte)),
    file.map((byte, i) => (i > file.length - 200 && i < file.length - 100 ? 255 : byte)),
  ];
  for (const [index, bytes] of damaged.entries()) {
    const file_id = await upload(emulator, bytes);
    const factory = await ask(emulator, 'POST', '/v3/model-factory', { file_id });
    assert.is(factory.status, 400, `${index}: ${JSON.stringify(factory.body).slice(0, 200)}`);
    const { job: begun } = await data(emulator, 'POST', '/v3/events', ofFile(model, file_id));
    const job = await finished(emulator, begun.id);
    assert.is(job.status, 'FAILURE');
    assert.ok(job.error_reason && job.error_message);
    assert.not.match(job.error_message, /\/files\//, 'tells where its files lie');
  }
  const csv = await upload(emulator, new TextEncoder().encode('a,b\n1\n"'), 'broken.csv');
  assert.is((await ask(emulator, 'POST', '/v3/model-factory', { file_id: csv })).status, 400);
  assert.is((await ask(emulator, 'GET', '/v3/server-info')).status, 200);
});

door('events of a thousand at most, with ids and times that can be read', async ({ emulator }) => {
  const { model } = await onboard(emulator, 'streams');
  const [row] = sampleRows(1, 4);
  for (const rows of [Array(1_001).fill(row), [], [{ ...row, event_id: null }]]) {
    assert.is((await publishRows(emulator, model, rows)).status, 400);
  }
  const late = await publishRows(emulator, model, [row, { ...row, timestamp: 'yesterday' }]);
  assert.is(late.status, 400);
  assert.match(late.body.error.message, /Row 1: yesterday in column timestamp/);
  assert.is((await data(emulator, 'GET', `/v3/jobs?model_id=${model}`)).total, 0);
  const source = { type: 'EVENTS', events: [row] };
  const dataset = { source, model_id: model, env_type: 'PRE_PRODUCTION', env_name: 'a' };
  assert.is((await ask(emulator, 'POST', '/v3/events', dataset)).status, 400);
  assert.is((await publishRows(emulator, 'no-model', [row])).status, 404);
});

door('what keeps it from starting is told with a code', async ({ emulator }) => {
  const folder = temporaryFolder();
  const port = Number(new URL(emulator.url).port);
  await refusal('EMULATOR_PORT', () => startEmulator({ folder, token: TOKEN, port }));
  await refusal('EMULATOR_TOKEN', () => startEmulator({ folder, token: '' }));
  const first = await startEmulator({ folder, token: TOKEN });
  await refusal('EMULATOR_FOLDER_IN_USE', () => startEmulator({ folder, token: TOKEN }));
  await first.close();
  await (await startEmulator({ folder, token: TOKEN })).close();
  await refusal('EMULATOR_FOLDER', () => startEmulator({ folder: '/dev/null/x', token: TOKEN }));
});
