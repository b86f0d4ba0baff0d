import type { Model, ModelSchema } from '../../../fiddler/client/index.js';
import { differenceLines, modelDifferences } from '../../../fiddler/publish/onboard/differences.js';
import {
  binEdges,
  completedSchema,
  MAX_CARDINALITY,
  SchemaCollector,
} from '../../../fiddler/publish/onboard/schema.js';
import { modelSpec, taskOf, taskParameters } from '../../../fiddler/publish/onboard/spec.js';
import { assert, refusal, test } from '../../support/test.js';
import { CLASSES, madeBatch, tableSchema } from './events-fixture.js';
import { withRecordings } from './recordings.js';

const CIFAR = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const cifarTable = tableSchema({ dimensions: 128, classes: CIFAR });

function offlineSchema(table = tableSchema()): ModelSchema {
  const collector = new SchemaCollector(table);
  collector.add(madeBatch(table, { rows: 50, seed: 1 }));
  collector.add(madeBatch(table, { rows: 50, seed: 2 }));
  return collector.schema();
}

/** A model as a server would make it from the table. */
function serverModel(table = tableSchema(), clusters = 5): Model {
  return {
    ...{ id: 'm', name: 'resnet18', version: 'v1', input_type: 'structured' },
    ...{ schema: offlineSchema(table), spec: modelSpec(table, clusters) },
    ...{ task: taskOf(table), task_params: taskParameters(table), description: null },
    ...{ event_id_col: table.hasEventIds ? 'event_id' : null, event_ts_col: 'timestamp' },
    ...{ event_ts_format: null, xai_params: null },
  };
}

withRecordings('models as Fiddler’s client sends them', (recording) => {
  const json = (value: unknown) => JSON.stringify(value);

  test('the spec is that of the quickstart, key for key', () => {
    const withoutIds = { ...cifarTable, hasEventIds: false };
    assert.is(json(modelSpec(withoutIds, 5)), json(recording('019').request.body['spec']));
    assert.is(json(modelSpec(cifarTable, 5)), json(recording('095').request.body['spec']));
  });

  test('task and its parameters are those of the quickstart', () => {
    const { task, task_params: parameters } = recording('096').request.body;
    assert.is(taskOf({ classes: CIFAR }), task);
    assert.is(json(taskParameters({ classes: CIFAR })), json(parameters));
  });

  test('what the model-factory answers goes back as the client sends it', () => {
    const inferred = recording('019').response.body.data['schema'] as ModelSchema;
    const sent = recording('023').request.body['schema'];
    const table = { ...cifarTable, hasEventIds: false };
    assert.is(json(completedSchema(inferred, table)), json(sent));
  });

  test('bins are cut as the recorded ones', () => {
    const { columns } = recording('019').response.body.data['schema'] as ModelSchema;
    const scores = columns.filter(({ bins }) => bins !== null);
    assert.is(scores.length, 10);
    for (const { min, max, bins } of scores) assert.equal(binEdges(min!, max!), bins);
  });

  test('a schema made offline has the members of the recorded one', () => {
    const sent = recording('096').request.body['schema'] as ModelSchema;
    const collector = new SchemaCollector(cifarTable);
    collector.add(madeBatch(cifarTable, { rows: 40, seed: 3 }));
    const made = collector.schema();
    const form = ({ columns }: ModelSchema) =>
      columns
        .filter(({ name }) => name !== 'timestamp')
        .map((column) => [Object.keys(column), column.name, column.data_type, column.n_dimensions]);
    assert.equal(form(made), form(sent));
    assert.equal(made.columns.find(({ name }) => name === 'target')!.categories, [...CIFAR].sort());
  });
});

test('a range is that of all batches, by the shortest text of a float32', () => {
  const table = tableSchema({ classes: ['a', 'b', 'c'] });
  const collector = new SchemaCollector(table);
  const scores = [0.1, 0.5, Number.NaN, 0.3, 0.5, Number.NaN, 0.2, 0.5, Number.NaN];
  collector.add({ scores: Float32Array.from(scores.slice(0, 3)), targets: ['b'] });
  collector.add({ scores: Float32Array.from(scores.slice(3)), targets: ['a', null] });
  const [, a, b, c, target] = collector.schema().columns;
  assert.equal([a!.min, a!.max], [0.1, 0.3]);
  assert.is(a!.bins!.length, 11);
  assert.equal([a!.bins![0], a!.bins![10]], [0.1, 0.3]);
  assert.equal([b!.min, b!.max], [0.5, 0.5]);
  assert.equal([c!.min, c!.max, c!.bins], [null, null, null], 'no score, no range');
  assert.equal(target!.categories, ['a', 'b', 'c'], 'a class without a row is a category all the same');
});

test('a target of too many values is text', () => {
  const collector = new SchemaCollector(tableSchema({ classes: [] }));
  collector.add({ scores: null, targets: Array.from({ length: MAX_CARDINALITY + 1 }, (_, i) => `t${i}`) });
  const target = collector.schema().columns.find(({ name }) => name === 'target')!;
  assert.equal([target.data_type, target.categories], ['str', null]);
});

test('two classes are binary: one output, the second class, and the first as metadata', () => {
  const table = tableSchema({ classes: ['no', 'yes'] });
  const { outputs, metadata } = modelSpec(table, 5);
  assert.equal([outputs, metadata], [['yes'], ['no', 'image_url', 'event_id']]);
  const { target_class_order: order, binary_classification_threshold: threshold } = taskParameters(table);
  assert.equal([taskOf(table), order, threshold], ['binary_classification', ['no', 'yes'], 0.5]);
});

test('labels of which several may hold: outputs without a task, and what is of the task is not set', () => {
  const table = tableSchema({ classes: ['mass', 'nodule'], thresholds: [0.5, 0.25], hasTargets: false });
  const { outputs, targets } = modelSpec(table, 5);
  assert.equal([taskOf(table), outputs, targets], ['not_set', ['mass', 'nodule'], []]);
  const { target_class_order: order, binary_classification_threshold: threshold } = taskParameters(table);
  assert.equal([order, threshold], [null, null]);
  assert.equal(modelDifferences(serverModel(table), table, null), []);
  const { thresholds: _, ...softmax } = table;
  assert.equal(
    modelDifferences(serverModel(table), softmax, null).map(({ what }) => what),
    ['outputs', 'task', 'classes in order'],
  );
});

test('without addresses of images the feature is the vector', () => {
  const [feature] = modelSpec(tableSchema({ hasImageUrls: false }), 7).custom_features;
  const vector = { name: 'image_feature', type: 'FROM_VECTOR', n_clusters: 7, centroids: null, column: 'embeddings' };
  assert.equal(feature, vector);
});

test('ids and addresses that a small sample made categories are text again; classes that it lacked are added', () => {
  const table = tableSchema();
  const inferred = offlineSchema(table);
  const byName = (schema: ModelSchema, name: string) => schema.columns.find((column) => column.name === name)!;
  Object.assign(byName(inferred, 'event_id'), { data_type: 'category', categories: ['1', '2'] });
  Object.assign(byName(inferred, 'target'), { categories: ['plane'], id: 'target', unit: 'none' });
  const completed = completedSchema(inferred, table);
  assert.equal([byName(completed, 'event_id').data_type, byName(completed, 'event_id').categories], ['str', null]);
  assert.equal(byName(completed, 'target').categories, [...CLASSES].sort());
  assert.not.ok('id' in byName(completed, 'target'), 'Fiddler’s client does not send it');
  assert.is(byName(completed, 'target')['unit'], 'none', 'a member that is not known here stays');
});

test('a schema that the server got wrong is refused', async () => {
  const table = tableSchema();
  const missing = offlineSchema(table);
  missing.columns = missing.columns.filter(({ name }) => name !== 'car');
  assert.match((await refusal('SCHEMA_NOT_USABLE', () => completedSchema(missing, table))).message, /"car"/);
  const asText = offlineSchema(table);
  asText.columns[0]!.data_type = 'str';
  await refusal('SCHEMA_NOT_USABLE', () => completedSchema(asText, table));
  const short = offlineSchema(table);
  short.columns[0]!.n_dimensions = 5;
  assert.match((await refusal('SCHEMA_NOT_USABLE', () => completedSchema(short, table))).message, /5 values.*6 values/);
});

test('a model of the same events has no differences, whatever else it has', () => {
  const model = serverModel();
  model.description = 'mine';
  model.schema.columns.push({ ...model.schema.columns.at(-1)!, name: 'camera' });
  model.spec.metadata.push('camera');
  model.spec.custom_features.push({ name: 'Centroid Distance', type: 'ENRICHMENT' });
  assert.equal(modelDifferences(model, tableSchema(), 5), []);
  assert.equal(modelDifferences(serverModel(tableSchema(), 8), tableSchema(), null), [], 'clusters are not asked for');
});

test('every kind of difference is found and told', () => {
  const of = (table: Parameters<typeof tableSchema>[0], clusters: number | null = null, model = serverModel()) =>
    modelDifferences(model, tableSchema(table), clusters).map(
      ({ what, server, events }) => `${what}: ${server} / ${events}`,
    );
  assert.equal(of({ dimensions: 7 }), ['dimensions of embeddings: 6 / 7']);
  assert.equal(of({}, 8), ['clusters of image_feature: 5 / 8']);
  assert.equal(of({ hasEventIds: false }), ['event_id_col: event_id / -']);
  assert.equal(of({ classes: ['car', 'plane', 'bird'] }), ['classes in order: plane, car, bird / car, plane, bird']);
  const another = of({ classes: ['plane', 'car', 'ship'] });
  assert.ok(another.includes('column ship: - / there'), another.join('\n'));
  assert.ok(another.includes('outputs: bird, car, plane / car, plane, ship'), another.join('\n'));
  assert.ok(another.includes('categories of target: without ship / every class'), another.join('\n'));
  const withoutIds = serverModel(tableSchema({ hasEventIds: false }));
  assert.equal(of({}, null, withoutIds), ['column event_id: - / there', 'event_id_col: - / event_id']);
  const asText = serverModel();
  asText.schema.columns[1]!.data_type = 'str';
  assert.equal(of({}, null, asText), ['type of plane: str / float']);
  const without = serverModel();
  without.spec.custom_features = [];
  assert.equal(of({}, null, without), ['feature image_feature: - / FROM_IMAGE_EMBEDDING']);
});

test('a diff marks both sides', () => {
  const lines = differenceLines([{ what: 'dimensions', server: '6', events: '7' }]);
  assert.equal(lines, ['  dimensions', '-   server: 6', '+   events: 7']);
});
