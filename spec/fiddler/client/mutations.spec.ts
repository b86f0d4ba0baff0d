/** Answers with one error, at a place chosen by a seed: the client gives a result or a coded error, nothing else. */
import { centroidsOf, type FiddlerClient, FiddlerError } from '../../../fiddler/client/index.js';
import { uniform } from '../../support/pseudo-random.js';
import { assert, collect, test } from '../../support/test.js';
import { PROJECT, withServer } from './support/client.js';
import { page } from './support/scripted-server.js';

const ROUNDS = 50;
const ODD: unknown[] = [null, -1, 1e308, 'odd', '', [], {}, [null], { a: [] }, true];

const column = { name: 'v', data_type: 'vector', min: 0, max: 1, categories: ['a'], bins: [0, 1], n_dimensions: 2 };
const centroids = Array.of([0, 1], [1, 0]);
const feature = { name: 'f', type: 'FROM_IMAGE_EMBEDDING', n_clusters: 2, centroids, column: 'v' };
const schema = { schema_version: 1, columns: [column] };
const spec = { inputs: ['v'], outputs: [], targets: ['t'], decisions: [], metadata: [], custom_features: [feature] };
const kind = { input_type: 'structured', task: 'not_set' };
const model = { id: 'm1', name: 'm', version: 'v1', project: PROJECT, schema, spec, ...kind };
const info = { model_uuid: 'm1' };
const job = { id: 'j1', name: 'Publish events', status: 'SUCCESS', progress: 100, info, extras: {} };
const events = [{ a: 1 }];
const seriesQuery = { projectId: 'p', modelId: 'm', metric: 'jsd', columns: ['f'] };
const server = { server_version: '25.1.0', feature_flags: {}, organization: PROJECT };
const histogram = { bins: ['Cluster 0'], baseline_histogram: [0.5], production_histogram: [0.5], num_actual_bins: 1 };
const series = { results: { key: { col_names: ['timestamp', 'f'], data: [['2025-11-03T00:00:00+00:00', 0.03]] } } };
const times = { startTime: 0, endTime: 1000, binSize: 'Day' } as const;

const CASES: [string, unknown, (client: FiddlerClient) => Promise<unknown>][] = [
  ['model', model, async (client) => centroidsOf((await client.models.get('m1')).spec, 'f')],
  ['inference', { schema, spec }, (client) => client.models.infer({ fileId: 'f1' })],
  ['list', page([PROJECT, PROJECT]).data, (client) => collect(client.projects.list())],
  ['jobs', page([job, job]).data, (client) => collect(client.jobs.list({ modelId: 'm1' }))],
  ['lookup', page([PROJECT]).data, (client) => client.projects.byName(PROJECT.name)],
  ['job', job, (client) => client.jobs.wait('j1', { intervalSeconds: 0, timeoutSeconds: 0.03 })],
  ['rows', { event_ids: ['e1'] }, ({ events: to }) => to.publishRows({ modelId: 'm', envType: 'PRODUCTION', events })],
  ['server info', server, (client) => client.serverInfo()],
  ['histogram', histogram, (client) => client.metrics.histogram({ baselineId: 'b', columnId: 'f', ...times })],
  ['series', series, (client) => client.metrics.series({ ...seriesQuery, ...times })],
  ['values', [0.1, null], (client) => client.metrics.values({ modelId: 'm', metrics: [{ id: 'jsd' }], ...times })],
];

for (const [name, data, call] of CASES) {
  test(name, async () => {
    const random = uniform(`fiddler/${name}`, ROUNDS * 2, 0, 1);
    const mutants = Array.from({ length: ROUNDS }, (_, round) =>
      mutant({ data }, random[2 * round]!, random[2 * round + 1]!),
    );
    let round = 0;
    let refused = 0;
    await withServer(
      () => ({ body: JSON.stringify(mutants[round]) }),
      async ({ client }) => {
        for (; round < ROUNDS; round++) {
          const outcome = await call(client).catch((error: unknown) => error);
          if (!(outcome instanceof Error)) continue;
          assert.instance(outcome, FiddlerError, `${JSON.stringify(mutants[round])}: ${outcome.stack}`);
          refused++;
        }
      },
    );
    assert.ok(refused > 0, 'no mutant was noticed');
  });
}

/** A copy in which one member, chosen by `where`, is replaced by one of the odd values, chosen by `what`. */
function mutant(value: unknown, where: number, what: number): unknown {
  const copy = structuredClone(value);
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const key of Object.keys(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      visit((holder as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  const { holder, key } = places[Math.floor(where * places.length)]!;
  holder[key] = ODD[Math.floor(what * ODD.length)];
  return copy;
}
