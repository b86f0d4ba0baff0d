/** Our client sends what the official one does, in its order: inputs are recorded ones with members reversed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventRow, FiddlerClient, FiddlerError, NewBaseline, NewModel } from '../../fiddler/client/index.js';
import { modelSchema } from '../../fiddler/client/schemas/model.js';
import { withServer } from '../fiddler/client/support/client.js';
import { parseForm } from '../fiddler/client/support/form.js';
import type { Answer, Asked, Script } from '../fiddler/client/support/scripted-server.js';
import { assert, collect, suite, withSharedRecordings } from '../support/test.js';

// biome-ignore lint/suspicious/noExplicitAny: recordings are compared as raw JSON.
type Json = any;

interface Recording {
  file: string;
  request: {
    method: string;
    path: string;
    query?: Record<string, string>;
    raw_query?: string;
    body?: Json;
    multipart?: Json[];
  };
  response: { status: number; body: Json };
}

/** Requests of the official client that ours never makes. */
const NOT_OURS = ['002']; // version-compatibility: no server knows our name, and any Fiddler from 24.4.0 on will do
/** Exchanges that follow the first one of a call. */
const LATER_PAGES = ['016'];

const PARQUET = Buffer.from('PAR1....PAR1');

function call(
  client: FiddlerClient,
  { method, path, query = {}, body = {}, multipart }: Recording['request'],
): Promise<unknown> {
  const [, , thing, id = '', part] = path.split('/');
  const filter: Record<string, string> = {};
  for (const { field, value } of JSON.parse(query['filter'] ?? '{"rules":[]}').rules) filter[field] = value;
  const { name = '', model_id = '', project_id = '', version } = filter;
  const optional = (given: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as object;
  const target = { modelId: body.model_id, envType: body.env_type };
  const calls: Record<string, () => Promise<unknown>> = {
    'GET server-info': () => client.serverInfo(),
    'GET projects': async () => ('filter' in query ? client.projects.byName(name) : collect(client.projects.list())),
    'POST projects': () => client.projects.create(body.name),
    'GET projects/…': () => client.projects.get(id),
    'DELETE projects/…': () => client.projects.delete(id),
    'POST files/…': () => client.files.upload({ bytes: PARQUET }, { filename: multipart![0].filename }),
    'POST model-factory': () => {
      const asked = { spec: body.spec, sampleSize: body.sample_size, maxCardinality: body.max_cardinality };
      return client.models.infer({ ...optional(asked), fileId: body.file_id });
    },
    'POST models': () => client.models.create(newModel(body)),
    'GET models': async () => {
      if (!('ordering' in query)) return collect(client.models.list(project_id, ...(name ? [name] : [])));
      const latest = query['ordering'] === '-created_at';
      return client.models.byName(project_id, name, { latest, ...optional({ version }) });
    },
    'GET models/…': () => client.models.get(id),
    'PATCH models/…': () => client.models.update(id, reversed(body)),
    'DELETE models/…': () => client.models.delete(id),
    'GET models/…/environments': () => collect(client.environments.listOf(id)),
    'GET environments': () => client.environments.byName(model_id, name),
    'GET environments/…': () => client.environments.get(id),
    'GET models/…/baselines': () => collect(client.baselines.listOf(id)),
    'GET baselines': () => client.baselines.byName(model_id, name),
    'GET baselines/…': () => client.baselines.get(id),
    'POST baselines': () => client.baselines.create(reversed(body) as NewBaseline),
    'DELETE baselines/…': () => client.baselines.delete(id),
    'GET jobs/…': async () => {
      if (!('verbose' in query)) return client.jobs.wait(id, { intervalSeconds: 0.01 });
      return client.jobs.get(id, { verbose: query['verbose'] === 'True' });
    },
    'POST events': () => events(client, method, body),
    'PATCH events': () => events(client, method, body),
    'DELETE events': () => {
      if (body.event_ids) return client.events.deleteByIds({ modelId: body.model_id, eventIds: body.event_ids });
      const [start, end] = [body.time_range.start_time, body.time_range.end_time].map((time) => new Date(time));
      const updateMetrics = body.update_metrics;
      return client.events.deleteByTime({ modelId: body.model_id, start: start!, end: end!, updateMetrics });
    },
    'POST analytics/…': () => {
      const asked = { envId: body.env_id, maxRows: body.num_samples, fetchVectors: body.fetch_vectors };
      return client.rows.download({ ...target, columns: body.column_names, ...optional(asked) });
    },
  };
  const made = calls[`${method} ${thing}${id === '' ? '' : '/…'}${part ? `/${part}` : ''}`];
  if (made === undefined) throw new Error(`no call of ours is known for ${method} ${path}`);
  return made();
}

function events(client: FiddlerClient, method: string, body: Json): Promise<unknown> {
  const target = { modelId: body.model_id, envType: body.env_type, envName: body.env_name };
  if (body.source.type === 'FILE') {
    const o = { ...target, fileId: body.source.file_id };
    return method === 'POST' ? client.events.publishFile(o) : client.events.updateFile(o);
  }
  const o = { ...target, events: body.source.events as EventRow[] };
  return method === 'POST' ? client.events.publishRows(o) : client.events.updateRows(o);
}

/** Only what a caller would say; the rest is ours to add. */
function newModel(body: Json): NewModel {
  const columns = body.schema.columns.map((column: object) => ({ ...reversed(column), id: 'given by inference' }));
  return {
    task: body.task,
    task_params: { target_class_order: body.task_params.target_class_order },
    spec: body.spec,
    schema: modelSchema.parse({ columns }),
    project_id: body.project_id,
    name: body.name,
    ...(body.event_id_col ? { event_id_col: body.event_id_col } : {}),
    ...(body.event_ts_col ? { event_ts_col: body.event_ts_col } : {}),
    ...(body.version ? { version: body.version } : {}),
  };
}

function reversed<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).reverse()) as T;
}

/** Long arrays are recorded as their first elements and `… N more`: filled up again with the last of them. */
function expanded(value: Json): Json {
  if (Array.isArray(value)) {
    const [marker, ...firsts] = [value.at(-1), ...value.slice(0, -1)];
    const more = typeof marker === 'string' ? /^… ([\d,]+) more$/.exec(marker)?.[1] : undefined;
    if (more === undefined) return value.map(expanded);
    const known = firsts.map(expanded);
    return [...known, ...Array(Number(more.replaceAll(',', ''))).fill(known.at(-1))];
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expanded(member)]));
}

function read(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => /^\d{3}-/.test(file));
  return files.sort().map((file) => {
    const { request, response } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recording;
    return { file, request: { ...request, body: expanded(request.body) }, response };
  });
}

function answerOf({ response }: Recording): Answer {
  if (response.body?.binary) return { body: PARQUET };
  return { status: response.status, body: JSON.stringify(expanded(response.body)) };
}

function compare(asked: Asked, { request }: Recording): void {
  assert.is(asked.method, request.method);
  assert.is(asked.path, request.path);
  assert.equal(asked.query, Object.entries(request.query ?? {}));
  if (request.multipart) compareForm(asked, request.multipart);
  else if (request.body === undefined) assert.is(asked.body.length, 0);
  // As text: the order of members counts too.
  else assert.is(JSON.stringify(JSON.parse(asked.body.toString()), null, 1), JSON.stringify(request.body, null, 1));
}

function compareForm(asked: Asked, expected: Json[]): void {
  const parts = parseForm(asked.headers, asked.body);
  const dispositions = parts.map(({ headers }) => headers);
  assert.equal(
    dispositions,
    expected.map(({ headers }) => `Content-Disposition: ${headers['Content-Disposition']}`),
  );
  for (const [index, { value }] of expected.entries()) {
    if (value !== undefined) assert.is(parts[index]?.bytes.toString(), value);
  }
}

withSharedRecordings('the exchanges of the official client', (shared) => {
  const wire = suite('wire');
  const recordings = read(shared);
  const numbered = (number: string) => recordings.find(({ file }) => file.startsWith(number))!;
  const elsewhere = [...NOT_OURS, ...LATER_PAGES];
  const single = recordings.filter(
    ({ file, request }) => !elsewhere.includes(file.slice(0, 3)) && !request.path.includes('/files/multipart-'),
  );

  wire('the recordings are there', () => {
    assert.ok(recordings.length >= 117);
  });

  for (const recording of single) {
    wire(recording.file, async () => {
      const { method, path } = recording.request;
      /** What the calls that make a second request ask for then. */
      const next: Script = (asked) => {
        if (asked.path.startsWith('/v3/jobs/')) return answerOf(numbered('050'));
        if (asked.path.startsWith('/v3/models/')) return answerOf(numbered('029'));
        return answerOf(numbered('016'));
      };
      await withServer(
        (asked, index) => (index === 0 ? answerOf(recording) : next(asked, index)),
        async ({ client, server }) => {
          const outcome = await call(client, recording.request).catch((error: unknown) => error);
          compare(server.asked[0]!, recording);
          const { status } = recording.response;
          if (status < 300) assert.not.instance(outcome, Error, `${method} ${path}: ${outcome}`);
          else assert.is((outcome as FiddlerError).status, status);
        },
      );
    });
  }

  wire('an upload in parts', async () => {
    const [init, first, second, complete] = [numbered('081'), numbered('082'), numbered('083'), numbered('084')];
    const { parts } = complete.request.body as { parts: { id: string }[] };
    const partBytes = first.request.multipart![0].content.size;
    const script: Script = (_asked, index) => {
      if (index === 0) return answerOf(init);
      return index > parts.length ? answerOf(complete) : { data: { part_id: parts[index - 1]?.id } };
    };
    await withServer(script, async ({ client, server }) => {
      const bytes = new Uint8Array(partBytes * (parts.length - 1) + 1);
      await client.files.upload({ bytes }, { filename: init.request.body.filename, partBytes });
      assert.is(server.asked.length, parts.length + 2);
      for (const [index, recording] of [init, first, second].entries()) compare(server.asked[index]!, recording);
      compare(server.asked.at(-1)!, complete);
    });
  });

  wire('two pages of a list', async () => {
    const pages = ['015', '016'].map(numbered);
    await withServer(pages.map(answerOf), async ({ client, server }) => {
      await collect(client.projects.list());
      for (const [index, recording] of pages.entries()) compare(server.asked[index]!, recording);
      assert.is(server.asked.length, 2);
    });
  });
});
