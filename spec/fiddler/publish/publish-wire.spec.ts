/** What publishing sends, beside what Fiddler's own client was recorded to send for the same; the event's id is ours. */
import { parquetMetadata, parquetSchema } from 'hyparquet';
import { type PublishEnvironment, type PublishOptions, publishEvents } from '../../../fiddler/publish/index.js';
import { assert, temporaryFolder, test } from '../../support/test.js';
import { withServer } from '../client/support/client.js';
import type { Asked, Script } from '../client/support/scripted-server.js';
import { modelOf, writeEvents } from './publish-support.js';
import { type Recording, withRecordings } from './recordings.js';

const MODEL_ID = 'c6ac82e7-6cfa-5d73-aa46-c9c24a08cb14';

/** Recorded answers by method and path, but a job that has ended, and a server without such a dataset or rows. */
function script(info: Recording, upload: Recording, publish: Recording, job: Recording): Script {
  return ({ method, path, body }) => {
    const answer = (status: number, body: unknown) => ({ status, body: JSON.stringify(body) });
    const recorded = ({ response }: Recording) => answer(response.status, response.body);
    if (path === '/v3/server-info') return recorded(info);
    if (path === '/v3/files/upload') return recorded(upload);
    if (path === '/v3/events' && method === 'POST') return { ...recorded(publish), ...acknowledged(body) };
    if (path === job.request.path) {
      return answer(200, { data: { ...job.response.body.data, status: 'SUCCESS', progress: 100 } });
    }
    if (path === '/v3/environments') {
      const nothing = { page_size: 50, item_count: 0, total: 0, page_count: 0, page_index: 1, offset: 0, items: [] };
      return answer(200, { data: nothing });
    }
    return answer(404, { error: { code: 404, message: 'no such route', errors: [] } });
  };
}

/** An answer to rows lists an id for each, where the recording is of fewer rows. */
function acknowledged(body: Buffer): { body?: string } {
  const { source } = JSON.parse(body.toString()) as { source: { type: string; events?: unknown[] } };
  const ids = source.events?.map((_, row) => `event-${row}`);
  return ids === undefined ? {} : { body: JSON.stringify({ data: { source_type: 'EVENTS', event_ids: ids } }) };
}

/** The arrow type that pyarrow reads a column as; it cannot tell large_string from string. */
function columnsOf(upload: Asked): [string, string][] {
  const from = upload.body.indexOf('PAR1');
  const to = upload.body.lastIndexOf('PAR1') + 4;
  const file = Uint8Array.from(upload.body.subarray(from, to)).buffer;
  const types: Record<string, string> = { FLOAT: 'float', INT64: 'int64', BYTE_ARRAY: 'large_string' };
  return parquetSchema(parquetMetadata(file)).children.map(({ element, children }) => {
    const item = children[0]?.children[0]?.element;
    if (item === undefined) return [element.name, types[String(element.type)] ?? String(element.type)];
    return [element.name, `list<${item.name}: ${String(item.type).toLowerCase()}>`];
  });
}

async function published(environment: PublishEnvironment, recordings: Recording[], more: Partial<PublishOptions> = {}) {
  const [info, upload, publish, job] = recordings as [Recording, Recording, Recording, Recording];
  const timestamp =
    environment.type === 'PRODUCTION' ? { timestamp: (row: number) => Date.now() - row * 1_000 - 1e6 } : {};
  const file = await writeEvents(temporaryFolder(), 'a', 20, { dimensions: 128, ...timestamp });
  const model = { ...modelOf({ dimensions: 128 }), id: MODEL_ID };
  const options = { files: [file], model, environment, confirm: false, settleSeconds: 0, ...more };
  const all: Asked[] = [];
  await withServer(script(info, upload, publish, job), async ({ client, server }) => {
    await publishEvents(client, options);
    all.push(...server.asked);
  });
  return all;
}

withRecordings('publishing beside Fiddler’s client', (recording) => {
  // Production begins with a file of one event.
  const cases: [string, PublishEnvironment, number, string[]][] = [
    ['baseline', { type: 'PRE_PRODUCTION', name: 'train_time_reference' }, 1, ['001', '044', '045', '046']],
    ['production', { type: 'PRODUCTION' }, 2, ['001', '069', '070', '071']],
  ];
  for (const [name, environment, files, numbers] of cases) {
    test(`${name}: the same upload, the same request, the same job`, async () => {
      const recordings = numbers.map(recording) as [Recording, Recording, Recording, Recording];
      const asked = await published(environment, recordings);
      const [, upload, publish, job] = recordings;
      const sent = (method: string, path: string) => asked.filter((one) => one.method === method && one.path === path);
      const [uploaded] = sent('POST', '/v3/files/upload');
      const [posted] = sent('POST', '/v3/events');
      assert.is(sent('POST', '/v3/events').length, files);
      assert.is(sent('GET', job.request.path).length, files);
      const columns = upload.request.multipart[0]?.content.columns as { name: string; arrow: string }[];
      const wanted = [...columns.map(({ name, arrow }) => [name, arrow]), ['event_id', 'large_string']];
      assert.equal(columnsOf(uploaded as Asked), wanted);
      assert.is((posted as Asked).body.toString(), JSON.stringify(publish.request.body));
    });
  }

  test('stream: the same request, values as in the recording', async () => {
    const recordings = ['001', '069', '070', '071'].map(recording);
    const asked = await published({ type: 'PRODUCTION' }, recordings, { mode: 'stream' });
    const posts = asked.filter(({ path }) => path === '/v3/events');
    assert.is(posts.length, 2);
    const sent = JSON.parse((posts[1] as Asked).body.toString());
    const wanted = recording('087').request.body as typeof sent;
    assert.equal(Object.keys(sent), Object.keys(wanted));
    assert.equal(Object.keys(sent.source), Object.keys(wanted.source));
    assert.equal(Object.keys(sent.source.events[0]), [...Object.keys(wanted.source.events[0]), 'event_id']);
    for (const [key, value] of Object.entries(wanted.source.events[0])) {
      const ours = sent.source.events[0][key];
      assert.is(Array.isArray(ours) ? 'array' : typeof ours, Array.isArray(value) ? 'array' : typeof value, key);
    }
    assert.equal({ ...sent, source: null }, { ...wanted, source: null });
  });
});
