/** Statistics columns of event tables are never mistaken for classes, whatever program wrote the file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { metadataJson, parseMetadata } from '../../data/events/event-metadata.js';
import { type EventTableSchema, openEvents, openEventWriter } from '../../data/index.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';
import { collectEvents, plainSchema, randomBatch, writeEvents } from './support/event-tables.js';

const folder = temporaryFolder();
const schema: EventTableSchema = { ...plainSchema, statistics: ['brightness', 'noise'] };

for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
  test(`${format}: no class, though they are floats; read only when asked for`, async () => {
    const path = join(folder, `a.${format}`);
    const batch = randomBatch(schema, 20, new Random(1));
    await writeEvents(path, schema, [batch]);
    const source = await openEvents(path);
    assert.equal(source.schema.classes, schema.classes);
    assert.equal(source.schema.statistics, schema.statistics);
    assert.equal([...source.schema.extraTaps.keys()], []);
    for await (const { statistics } of source.batches({ columns: ['targets'] })) assert.is(statistics.size, 0);
    for await (const { statistics, targets } of source.batches({ columns: ['statistics'] })) {
      const values = (map: typeof statistics) => [...map].map(([name, column]) => [name, ...column]);
      assert.equal(values(statistics), values(batch.statistics));
      assert.ok(targets.every((target) => target === null));
    }
    await source.close();
  });

  test(`${format}: infinite and missing values are refused`, async () => {
    const batch = randomBatch(schema, 3, new Random(1));
    const write = (noise: Float32Array) =>
      writeEvents(join(folder, `b.${format}`), schema, [
        { ...batch, statistics: new Map([...batch.statistics, ['noise', noise]]) },
      ]);
    const error = await refusal('EVENTS_NOT_FINITE', () => write(Float32Array.of(0, -Infinity, 0)));
    assert.match(error.message, /row 1: the statistic noise is -Infinity/);
    await refusal('EVENTS_BATCH_SHAPE', () => write(Float32Array.of(0)));
  });
}

test('tables without them, from here and elsewhere, have none', async () => {
  for (const name of ['pandas.parquet', 'pandas.csv']) {
    const source = await openEvents(join(fixtures, 'data', 'events', name));
    assert.equal(source.schema.statistics, []);
    assert.is(source.schema.images, null);
    assert.is((await collectEvents(source)).statistics.size, 0);
    await source.close();
  }
});

test('names that a format could not hold, or twice', async () => {
  for (const statistics of [[''], ['a b'], ['a"'], ['x', 'x'], ['x'.repeat(101)]]) {
    await refusal('EVENTS_STATISTIC_NAME', () =>
      openEventWriter(join(folder, 'c.csv'), { ...plainSchema, statistics }),
    );
  }
});

test('text under such a name is left alone; a text among numbers is an error that names line and column', async () => {
  const csv = async (values: string[]) => {
    const path = join(folder, 'text.csv');
    writeFileSync(path, ['embeddings,image_stat_x', ...values.map((value) => `"[1, 2]",${value}`)].join('\n'));
    const source = await openEvents(path);
    try {
      return [source.schema.statistics, [...((await collectEvents(source)).statistics.get('x') ?? [])]];
    } finally {
      await source.close();
    }
  };
  assert.equal(await csv(['dark', 'light']), [[], []]);
  assert.equal(await csv(['1', '', '0.5']), [['x'], [1, Number.NaN, 0.5]]);
  const late = [...new Array(150).fill('1'), 'dark'];
  const error = await refusal('EVENTS_NOT_NUMERIC', () => csv(late));
  assert.match(error.message, /line 152 column image_stat_x: .*"dark"/);
});

test('where the images are is a hint: older, newer and strange ones leave the table readable', () => {
  const images = { file: '/a.npz', array: 'arr_0', layout: 'nhwc', count: 3, corruption: null } as const;
  const read = (change: object) => {
    return parseMetadata(
      'x.parquet',
      JSON.stringify({ ...JSON.parse(metadataJson({ ...schema, images })), ...change }),
    )!.images;
  };
  assert.equal(read({}), images);
  for (const strange of [
    undefined,
    null,
    7,
    { ...images, count: -1 },
    { ...images, corruption: { name: 'fog', seed: 1 } },
  ]) {
    assert.is(read({ images: strange }), null);
  }
});
