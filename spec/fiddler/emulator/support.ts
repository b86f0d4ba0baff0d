import { parquetWriteBuffer } from 'hyparquet-writer';
import { type Emulator, type EmulatorOptions, startEmulator } from 'image-drift-emulator';
import { Random } from '../../../base/index.js';
import { readFixture, temporaryFolder } from '../../support/places.js';

export const TOKEN = 'token-of-the-specs';
export const DIMENSIONS = 8;
export const CLASSES = ['bird', 'car', 'plane'];
export const DAY = 86_400_000;
export const MONDAY = Date.UTC(2026, 0, 5);

export interface Answer {
  status: number;
  headers: Headers;
  /** As its JSON says; not there for files. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says, which is what the specs look at
  body: any;
}

export function start(options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
  return startEmulator({ folder: temporaryFolder(), token: TOKEN, jobSeconds: 0, ...options });
}

export async function ask(
  { url }: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isForm = body instanceof FormData || body instanceof Uint8Array || typeof body === 'string';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm ? (body as FormData) : JSON.stringify(body) }),
  });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const read = isJson ? await response.json() : new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body: read };
}

/** The `data` of an answer that must be a success. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export async function data(emulator: { url: string }, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await ask(emulator, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.data;
}

export function nameFilter(rules: Record<string, unknown>): string {
  const list = Object.entries(rules).map(([field, value]) => ({ field, operator: 'equal', value }));
  return encodeURIComponent(JSON.stringify({ condition: 'AND', rules: list }));
}

export interface SampleRow {
  [column: string]: unknown;
  embeddings: number[];
  target: string;
  timestamp: number;
  event_id: string;
}

/** Each class is a cluster; drifted rows are nearly all of the first. */
export function sampleRows(rows: number, seed: number, { drifted = false, time = MONDAY } = {}): SampleRow[] {
  const random = new Random(seed);
  return Array.from({ length: rows }, (_, row) => {
    const label = drifted && random.uniform() < 0.9 ? 0 : random.below(CLASSES.length);
    const embeddings = Array.from({ length: DIMENSIONS }, (_, i) =>
      Math.fround((i % CLASSES.length === label ? 6 : 0) + random.normal()),
    );
    const scores = CLASSES.map((_, i) => Math.fround(i === label ? 0.5 + random.uniform() / 2 : random.uniform() / 4));
    return {
      embeddings,
      ...Object.fromEntries(CLASSES.map((name, i) => [name, scores[i]])),
      target: CLASSES[label] as string,
      image_url: `https://images.example/${seed}/${row}.png`,
      timestamp: time,
      event_id: `e${seed}-${row}`,
    };
  });
}

/** As pandas writes them: lists of doubles, float32 scores, text, int64 milliseconds. */
export function parquet(rows: readonly SampleRow[]): Uint8Array {
  const columnData = ['embeddings', ...CLASSES, 'target', 'image_url', 'timestamp', 'event_id'].map((name) => {
    return { name, data: rows.map((row) => (name === 'timestamp' ? BigInt(row.timestamp) : row[name])) };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: readFixture('fiddler', 'pandas-schema.json') }));
}

export async function upload(emulator: { url: string }, bytes: Uint8Array, filename = 'events.parquet') {
  const form = new FormData();
  form.append('file', new Blob([bytes.slice()]), filename);
  return (await data(emulator, 'POST', '/v3/files/upload', form)).id as string;
}

export const SPEC = {
  inputs: ['embeddings'],
  outputs: CLASSES,
  targets: ['target'],
  decisions: [],
  metadata: ['image_url', 'event_id'],
  custom_features: [
    {
      ...{ name: 'image_feature', type: 'FROM_IMAGE_EMBEDDING', n_clusters: 3, centroids: null },
      ...{ column: 'embeddings', source_column: 'image_url' },
    },
  ],
};

export interface Onboarded {
  project: string;
  model: string;
  centroids: number[][];
}

export async function onboard(emulator: { url: string }, name = 'resnet18'): Promise<Onboarded> {
  const { id: project } = await data(emulator, 'POST', '/v3/projects', { name: `project_${name}` });
  const file_id = await upload(emulator, parquet(sampleRows(300, 1)), 'data.parquet');
  const { schema, spec } = await data(emulator, 'POST', '/v3/model-factory', { file_id, spec: SPEC });
  const model = await data(emulator, 'POST', '/v3/models', {
    ...{ name, project_id: project, schema, spec, event_id_col: 'event_id', event_ts_col: 'timestamp' },
    ...{ task: 'multiclass_classification', task_params: { target_class_order: CLASSES } },
  });
  return { project, model: model.id, centroids: model.spec.custom_features[0].centroids };
}

export async function publishFile(
  emulator: { url: string },
  model: string,
  rows: readonly SampleRow[],
  dataset: string | null = null,
  // biome-ignore lint/suspicious/noExplicitAny: as above
): Promise<any> {
  const file_id = await upload(emulator, parquet(rows));
  const { job } = await data(emulator, 'POST', '/v3/events', ofFile(model, file_id, dataset));
  return finished(emulator, job.id);
}

/** The request that publishes a file that was uploaded. @param dataset null: production */
export function ofFile(model: string, file_id: string, dataset: string | null = null) {
  const env_type = dataset === null ? 'PRODUCTION' : 'PRE_PRODUCTION';
  return { source: { type: 'FILE', file_id }, model_id: model, env_type, env_name: dataset };
}

export function publishRows(emulator: { url: string }, model: string, events: readonly unknown[]): Promise<Answer> {
  const source = { type: 'EVENTS', events };
  return ask(emulator, 'POST', '/v3/events', { source, model_id: model, env_type: 'PRODUCTION', env_name: null });
}

// biome-ignore lint/suspicious/noExplicitAny: as above
export async function finished(emulator: { url: string }, id: string): Promise<any> {
  for (;;) {
    const job = await data(emulator, 'GET', `/v3/jobs/${id}?verbose=True`);
    if (job.status === 'SUCCESS' || job.status === 'FAILURE') return job;
    await new Promise((done) => setTimeout(done, 10));
  }
}

export async function productionRows(emulator: { url: string }, model: string): Promise<number> {
  const page = await data(emulator, 'GET', `/v3/models/${model}/environments?type=PRODUCTION`);
  return page.items[0].row_count;
}
