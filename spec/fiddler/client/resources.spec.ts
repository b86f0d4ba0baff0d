import {
  type FiddlerClient,
  type FiddlerError,
  type NewAlertRule,
  type NewModel,
  NotFound,
} from '../../../fiddler/client/index.js';
import { assert, collect, readFixture, refusal, test } from '../../support/test.js';
import { PROJECT, QUICK, type Rig, served, withServer } from './support/client.js';
import { type Answer, page, refused, type Script } from './support/scripted-server.js';

const RESET: Answer = { reset: 'before' };
const CONFLICT = refused(409, 'Project already exists', 'Conflict');
const FOUND = page([PROJECT]);
const NONE = page([]);
const CREATED: Answer = { data: PROJECT };

const CREATIONS: [string, Answer[], string | null, string][] = [
  ['at once', [CREATED], null, 'POST'],
  ['lost, then found', [RESET, FOUND], null, 'POST GET'],
  ['lost, not there, repeated', [RESET, NONE, CREATED], null, 'POST GET POST'],
  ['lost, not there yet, then in conflict with itself', [RESET, NONE, CONFLICT, FOUND], null, 'POST GET POST GET'],
  ['500 twice, then found', [refused(500), NONE, refused(500), FOUND], null, 'POST GET POST GET'],
  ['429, then done', [refused(429), CREATED], null, 'POST POST'],
  ['there before', [CONFLICT], 'CONFLICT', 'POST'],
  ['refused', [refused(400)], 'REJECTED', 'POST'],
  ['lost, and looking is refused', [RESET, refused(403)], 'FORBIDDEN', 'POST GET'],
];

for (const [name, answers, code, methods] of CREATIONS) {
  served(`a project created: ${name}`, answers, async ({ client, server }) => {
    if (code === null) assert.is((await client.projects.create(PROJECT.name)).id, PROJECT.id);
    else await refusal(code, () => client.projects.create(PROJECT.name));
    assert.is(server.asked.map(({ method }) => method).join(' '), methods);
  });
}

test('a creation that is lost again and again ends', async () => {
  const script: Script = ({ method }) => (method === 'POST' ? RESET : NONE);
  const create = async ({ client, server }: Rig) => {
    await refusal('UNKNOWN_OUTCOME', () => client.projects.create('p_one'));
    assert.ok(server.asked.length >= 4);
  };
  await withServer(script, create, { retry: { ...QUICK, windowSeconds: 2 } });
});

served(
  'a server that does not filter its lists by name is told, and its first project is not taken',
  [FOUND],
  async ({ client }) => {
    const says = `asked for "another", the server gives "${PROJECT.name}"`;
    await refusal('ANSWER_UNREADABLE', () => client.projects.byName('another'), says);
    assert.is((await client.projects.byName(PROJECT.name.toUpperCase()))?.id, PROJECT.id);
  },
);

test('a full page is followed by another, whatever total the server gives', async () => {
  const projects = Array.from({ length: 60 }, (_, i) => ({ ...PROJECT, id: `p${i}` }));
  const script: Script = ({ query }) => {
    const { offset } = Object.fromEntries(query);
    return { data: { total: 50, items: projects.slice(Number(offset), Number(offset) + 50) } };
  };
  assert.is((await withServer(script, ({ client }) => collect(client.projects.list()))).length, 60);
});

test('get or create: there; not there; made by somebody else in between', async () => {
  const getOrCreate = ({ client }: Rig) => client.projects.getOrCreate(PROJECT.name);
  assert.is((await withServer([FOUND], getOrCreate)).created, false);
  assert.is((await withServer([NONE, CREATED], getOrCreate)).created, true);
  assert.equal(await withServer([NONE, CONFLICT, FOUND], getOrCreate), { project: { ...PROJECT }, created: false });
});

const WANTED: NewModel = {
  name: 'resnet18',
  project_id: 'p1',
  task: 'multiclass_classification',
  schema: { schema_version: 1, columns: [columnOf('embeddings', 'vector')] },
  spec: { schema_version: 1, inputs: [], outputs: [], targets: [], decisions: [], metadata: [], custom_features: [] },
};
const MODEL = { ...WANTED, id: 'm1', version: 'v1', input_type: 'structured' };

test('a model whose creation was lost is the one there only if it is as asked for', async () => {
  const summary = page([{ id: 'm1', name: 'resnet18', version: 'v1' }]);
  const create = ({ client }: Rig) => client.models.create(WANTED);
  assert.is((await withServer([RESET, summary, { data: MODEL }], create)).id, 'm1');
  const other = { data: { ...MODEL, schema: { columns: [columnOf('pixels', 'vector')] } } };
  const answers = [RESET, summary, other, refused(409, 'Model already exists'), summary, other];
  await refusal('CONFLICT', () => withServer(answers, create));
});

served(
  'a number that is none never leaves: in a model an error, in an event null',
  [{ data: { event_ids: ['e1'] } }],
  async ({ client, server }) => {
    const schema = { schema_version: 1, columns: [{ ...columnOf('plane', 'float'), min: Number.NaN }] };
    const create = () => client.models.create({ ...WANTED, schema });
    await refusal('VALUE_NOT_FINITE', create, /^schema\.columns\[0\]\.min is NaN$/);
    assert.is(server.asked.length, 0);
    const events = [{ v: Float32Array.of(0.1, Number.NaN), a: Number.POSITIVE_INFINITY, at: new Date(0), t: null }];
    await client.events.publishRows({ modelId: 'm1', envType: 'PRODUCTION', events });
    const sent = JSON.parse(server.asked[0]!.body.toString());
    const row = { v: [0.10000000149011612, null], a: null, at: '1970-01-01T00:00:00.000Z', t: null };
    const source = { events: [row], type: 'EVENTS' };
    assert.equal(sent, { source, model_id: 'm1', env_type: 'PRODUCTION', env_name: null });
  },
);

served('rows and ids outside the limits of a request', [{}], async ({ client, server }) => {
  const target = { modelId: 'm', envType: 'PRODUCTION' } as const;
  await refusal('TOO_MANY_ROWS', () => client.events.publishRows({ ...target, events: [] }));
  await refusal('TOO_MANY_ROWS', () => client.events.publishRows({ ...target, events: Array(1001).fill({ a: 1 }) }));
  await refusal('TOO_MANY_ROWS', () => client.events.deleteByIds({ modelId: 'm', eventIds: Array(10_001).fill('e') }));
  assert.is(server.asked.length, 0);
});

test('what we do not know of a model is kept', async () => {
  const spec = { ...WANTED.spec, custom_features: [{ name: 'f', type: 'FROM_THE_FUTURE', x: [1] }] };
  const schema = { schema_version: 2, columns: [{ ...columnOf('c', 'quaternion'), id: 'c', unit: 'm' }] };
  const odd = { ...MODEL, flavour: 'odd', spec, schema };
  const found = await withServer([{ data: odd }], ({ client }) => client.models.get('m1'));
  assert.is(found['flavour'], 'odd');
  assert.equal(found.spec.custom_features, odd.spec.custom_features);
  assert.equal({ ...found.schema.columns[0] }, { ...odd.schema.columns[0] });
});

test('answers as thin as they may be', async () => {
  const kind = { id: 'm1', name: 'm', version: 'v1', input_type: 'structured', task: 'not_set' };
  const thin = { data: { ...kind, schema: { columns: [{ name: 'c', data_type: 'int' }] }, spec: {} } };
  const found = await withServer([thin], ({ client }) => client.models.get('m1'));
  assert.equal(found.spec.custom_features, []);
  assert.equal([found.schema.columns[0]?.n_dimensions, found.event_id_col], [null, null]);
});

const many = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ id: `${from + i}`, name: 'p' }));

test('a list of three pages', async () => {
  const script: Script = ({ query }) => {
    const offset = Number(new Map(query).get('offset'));
    return page(many(Math.min(50, 120 - offset), offset), 120, offset);
  };
  await withServer(script, async ({ client, server }) => {
    const given = (await collect(client.projects.list())).map(({ id }) => Number(id));
    assert.equal(given, [...new Array(120).keys()]);
    const queries = server.asked.map(({ query }) => query.flat().join(' '));
    assert.equal(queries, ['limit 50 offset 0', 'limit 50 offset 50', 'limit 50 offset 100']);
  });
});

const LIARS: [string, Script, number, number][] = [
  ['never raises its offset', () => page(many(50), 1000), 50, 2],
  ['promises more than it has', (_asked, index) => (index === 0 ? page(many(3), 1000) : page([], 1000)), 3, 2],
  ['says nothing of pages', () => ({ data: { items: many(7) } }), 7, 1],
  ['ignores the limit', () => page(many(70), 70), 70, 1],
  ['counts pages only', (_, i) => ({ data: { page_count: 2, page_index: i + 1, items: many(50, i * 50) } }), 100, 2],
];

for (const [name, script, items, requests] of LIARS) {
  served(`a list of a server that ${name} ends`, script, async ({ client, server }) => {
    assert.is((await collect(client.projects.list())).length, items);
    assert.is(server.asked.length, requests);
  });
}

served('an item of a list that cannot be read is a coded error', [page([{ name: 'x' }])], async ({ client }) => {
  await refusal('ANSWER_UNREADABLE', () => collect(client.projects.list()), /data\.items\.0\.id/);
});

test('a deletion whose answer was lost is done; one of nothing is not found', async () => {
  const remove = ({ client }: Rig) => client.projects.delete('p1');
  await withServer([RESET, refused(404)], remove);
  await withServer([{ status: 204, body: '' }], remove);
  assert.instance(await refusal('NOT_FOUND', () => withServer([refused(404)], remove)), NotFound);
});

const jobOf = (status: string, progress: number, more: object = {}): Answer => ({
  data: { id: 'j1', name: 'Publish events', status, progress, ...more },
});
const SOON = { intervalSeconds: 0.01, timeoutSeconds: 5 };

test('waits for a job through states unknown and errors that pass', async () => {
  const later = [jobOf('RETRY', 10), jobOf('POLISHING', 50), jobOf('SUCCESS', 100)];
  const answers = [jobOf('PENDING', 0), refused(503), RESET, ...later];
  await withServer(answers, async ({ client, server }) => {
    const seen: number[] = [];
    const done = await client.jobs.wait('j1', { ...SOON, onProgress: ({ progress }) => seen.push(progress) });
    assert.is(done.status, 'SUCCESS');
    assert.equal(seen, [0, 10, 50, 100]);
    assert.is(server.asked.length, 6);
  });
});

test('a job that fails says why', async () => {
  const failure = jobOf('FAILURE', 40, { error_reason: 'BadColumn', error_message: 'row 17: no number' });
  await withServer([failure], async ({ client, server }) => {
    const says = /^job j1 \(Publish events\) failed: BadColumn: row 17: no number$/;
    const error = (await refusal('JOB_FAILED', () => client.jobs.wait('j1', SOON), says)) as FiddlerError;
    assert.is(error.reason, 'BadColumn: row 17: no number');
    assert.equal(server.asked.at(-1)?.query, [['verbose', 'True']]);
  });
});

test('a job that is revoked, that never ends, that is not there, whose server is gone', async () => {
  const wait = ({ client }: Rig) => client.jobs.wait('j1', SOON);
  const waitBriefly = ({ client }: Rig) => client.jobs.wait('j1', { intervalSeconds: 0, timeoutSeconds: 0.1 });
  await refusal('JOB_REVOKED', () => withServer([jobOf('REVOKED', 40)], wait));
  const started = jobOf('STARTED', 50);
  await refusal('JOB_TIMEOUT', () => withServer([started], waitBriefly), /STARTED at 50 % after 0\.1 s/);
  await refusal('NOT_FOUND', () => withServer([refused(404)], wait));
  const gone = async (rig: Rig) => {
    await refusal('CONNECTION_LOST', () => wait(rig));
    assert.ok(rig.server.asked.length < 30);
  };
  await withServer([started, RESET], gone, { retry: QUICK });
});

test('an abort ends the wait for a job', async () => {
  const abort = new AbortController();
  const reason = new Error('stopped by the user');
  const wait = ({ client }: Rig) => client.jobs.wait('j1', { onProgress: () => abort.abort(reason) });
  const ended = withServer([jobOf('STARTED', 50)], wait, { signal: abort.signal });
  assert.is(await ended.catch((error: unknown) => error), reason);
});

test('jobs of a model, also where the server filters nothing, or refuses to filter', async () => {
  const jobs = ['m1', 'm2', 'm1'].map((model, i) => ({ id: `j${i}`, status: 'SUCCESS', info: { model_uuid: model } }));
  const list = ({ client }: Rig) => collect(client.jobs.list({ modelId: 'm1' }));
  const shown = (await withServer([page(jobs)], list)).map(({ id }) => id);
  assert.equal(shown, ['j0', 'j2']);
  await withServer([refused(400), page(jobs)], async (rig) => {
    assert.is((await list(rig)).length, 2);
    assert.is(rig.server.asked[1]?.query.flat().join(' '), 'limit 50 offset 0');
  });
});

const range = { startTime: Date.UTC(2025, 10, 3), endTime: Date.UTC(2025, 10, 4) };
const histogram = { baselineId: 'b1', columnId: 'image_feature', startTime: range.startTime, binSize: 'Day' } as const;
const ofModel = { projectId: 'p1', modelId: 'm1', baselineId: 'b1', metric: 'jsd', columns: ['image_feature'] };
const series = { ...ofModel, ...range, binSize: 'Day' } as const;
const metrics = [{ id: 'jsd', column: 'image_feature', baselineId: 'b1' }, { id: 'traffic' }];
const values = { modelId: 'm1', metrics, ...range };

test('metrics that a server does not offer are null, those of things that are not there an error', async () => {
  const missing = [refused(404, 'no route', 'NotFound'), { status: 404, body: '<html>' }];
  const ofHistogram = ({ client }: Rig) => client.metrics.histogram(histogram);
  const ofValues = ({ client }: Rig) => client.metrics.values(values);
  for (const answer of [refused(405), refused(501), ...missing]) {
    assert.is(await withServer([answer], ({ client }) => client.metrics.catalogue('m1')), null);
    assert.is(await withServer([answer], ofHistogram), null);
    assert.is(await withServer([answer], ({ client }) => client.metrics.series(series)), null);
    assert.is(await withServer([answer], ofValues), null);
    assert.is(await withServer([answer], ({ client }) => download(client)), null);
  }
  const missingBaseline = refused(404, 'no such baseline', 'ObjectNotFound');
  await refusal('NOT_FOUND', () => withServer([missingBaseline], ofHistogram));
  await refusal('FORBIDDEN', () => withServer([refused(403)], ofValues));
});

test('metrics as they are asked and answered', async () => {
  const script: Script = ({ path, body }) => {
    const asked = JSON.parse(body.toString() || 'null');
    const counts = { baseline_histogram: [1], production_histogram: [1] };
    if (path === '/v3/histograms') return { data: { bins: ['Cluster 0'], ...counts } };
    if (path === '/v3/analytics/metrics') return { data: [0.031, 'NaN'] };
    const result = { col_names: ['timestamp', 'image_feature'], data: [['2025-11-03T00:00:00+00:00', 0.031]] };
    return { data: { results: { [asked.queries[0].query_key]: result } } };
  };
  await withServer(script, async ({ client, server }) => {
    assert.equal((await client.metrics.histogram(histogram))?.production_histogram, [1]);
    assert.equal((await client.metrics.series(series))?.data, [['2025-11-03T00:00:00+00:00', 0.031]]);
    assert.equal(await client.metrics.values(values), [0.031, null]);
    const [first, second, third] = server.asked.map(({ body }) => JSON.parse(body.toString()));
    assert.equal(first, {
      ...{ baseline_id: 'b1', column_id: 'image_feature', start_time: '2025-11-03T00:00:00', bin_size: 'Day' },
      ...{ time_zone: 'Etc/GMT', max_bins: 50, normalize: true },
    });
    assert.equal(second.filters.time_range, { start_time: '2025-11-03T00:00:00', end_time: '2025-11-04T00:00:00' });
    assert.equal(third.metrics, [{ id: 'jsd', column: 'image_feature', baseline_id: 'b1' }, { id: 'traffic' }]);
  });
});

function download(client: FiddlerClient) {
  return client.rows.download({ modelId: 'm1', envType: 'PRODUCTION' });
}

test('rows come as a parquet file, or not at all', async () => {
  const file = Buffer.from('PAR1....PAR1');
  await withServer([{ body: file }], async ({ client, server }) => {
    const timeRange = { start: new Date('2026-01-01T00:00:00.500Z'), end: new Date('2026-01-02T00:00:00.001Z') };
    const bytes = await client.rows.download({ modelId: 'm1', envType: 'PRODUCTION', timeRange, maxRows: 5 });
    assert.equal(Buffer.from(bytes!), file);
    const { time_filter } = JSON.parse(server.asked[0]!.body.toString());
    assert.equal(time_filter, { start_time: '2026-01-01 00:00:00', end_time: '2026-01-02 00:00:01', time_zone: 'UTC' });
  });
  for (const body of ['', '{"data":{}}', '<html><title>x</title>', 'PAR1....']) {
    await refusal('ANSWER_UNREADABLE', () => withServer([{ body }], ({ client }) => download(client)));
  }
});

test('alert rules and their records', async () => {
  const record = { id: 1, alert_value: 0.3, severity: 'CRITICAL' };
  const script: Script = ({ method, path }) => {
    if (path.endsWith('/records')) return page([record]);
    const rule = { id: 'a1', name: 'drift' };
    return method === 'GET' && path === '/v3/alert-rules' ? page([rule]) : { data: rule };
  };
  await withServer(script, async ({ client, server }) => {
    const wanted: NewAlertRule = {
      ...({ name: 'drift', model_id: 'm1', metric_id: 'jsd', priority: 'HIGH', bin_size: 'Day' } as const),
      ...({ compare_to: 'raw_value', condition: 'greater', critical_threshold: 0.2 } as const),
    };
    assert.is((await client.alertRules.create(wanted)).id, 'a1');
    assert.is((await client.alertRules.get('a1')).name, 'drift');
    assert.is((await collect(client.alertRules.list({ modelId: 'm1' }))).length, 1);
    const [found] = await collect(client.alertRules.records('a1', { start: new Date(0), end: new Date(1000) }));
    assert.is(found?.alert_value, 0.3);
    await client.alertRules.delete('a1');
    // In the order of the official client, nulls included.
    const sent = JSON.stringify(JSON.parse(server.asked[0]?.body as never));
    assert.is(sent, JSON.stringify(readFixture('fiddler', 'alert-rule.json')));
    const query = new URLSearchParams(server.asked[3]?.query.slice(0, 2));
    assert.is(String(query), 'start_time=1970-01-01T00%3A00%3A00.000Z&end_time=1970-01-01T00%3A00%3A01.000Z');
  });
});

function columnOf(name: string, data_type: string) {
  const empty = { min: null, max: null, categories: null, bins: null, replace_with_nulls: null, n_dimensions: null };
  return { name, data_type, ...empty };
}
