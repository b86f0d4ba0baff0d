import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from '../../base/index.js';
import { metadataJson } from '../../data/events/table-schema.js';
import { type CarriedColumn, type EventTableSchema, openEventWriter } from '../../data/index.js';
import { assert, refusal, temporaryFolder, test, withSharedData } from '../support/test.js';
import {
  collectEvents,
  type Events,
  joined,
  plainSchema,
  randomBatch,
  readEvents,
  withEvents,
  writeEvents,
} from './support/event-tables.js';

const folder = temporaryFolder();
const FORMATS = ['parquet', 'jsonl', 'csv', 'npz'] as const;
const SEEDS = 8;
/** A column of each type; npz keeps times as whole numbers and truth values as text. */
const CARRIED: readonly CarriedColumn[] = [
  { name: 'camera, "left"', type: 'string' },
  { name: 'frame', type: 'integer' },
  { name: 'exposure', type: 'float' },
  { name: 'indoors', type: 'boolean' },
  { name: 'taken', type: 'timestamp' },
];

function randomSchema(random: Random, format: string): EventTableSchema {
  const coin = () => random.uniform() < 0.5;
  const names = ['plane', 'a,b', 'say "x"', 'ü 🙂', 'line\nend', '0', 'list'];
  return {
    dimensions: 1 + random.below(40),
    classes: names.slice(0, random.below(names.length + 1)),
    tap: coin() ? 'layer4.1.bn2' : null,
    weightsSha256: coin() ? 'cd'.repeat(32) : null,
    ...(coin() ? { pixelsSha256: 'ef'.repeat(32) } : {}),
    ...(coin() ? { weightsNote: 'compared with its own program, error 3e-7' } : {}),
    hasTargets: coin(),
    hasImageUrls: coin(),
    hasTimestamps: coin(),
    hasEventIds: coin(),
    statistics: ['brightness', 'x', 'A_9'].slice(0, random.below(4)),
    images:
      format === 'parquet' && coin()
        ? {
            ...{ file: 'a b/images.npz', array: 'arr_0', layout: 'nchw', count: 251 },
            corruption: { name: 'darken', seed: 3 },
          }
        : null,
    extraTaps: new Map(
      format === 'npz' && coin()
        ? [
            ['layer4', [2, 3, 1]],
            ['fc.2', [4]],
          ]
        : [],
    ),
    carried: coin()
      ? CARRIED.filter(({ type }) => format !== 'npz' || (type !== 'timestamp' && type !== 'boolean'))
      : [],
  };
}

/** Bit patterns tell -0 from 0. */
function bits(events: Events) {
  const of = (values: Float32Array) => Array.from(new Uint32Array(values.slice().buffer));
  const ofMap = (map: ReadonlyMap<string, Float32Array>) => [...map].map(([name, values]) => [name, of(values)]);
  return {
    ...events,
    embeddings: of(events.embeddings),
    scores: of(events.scores),
    statistics: ofMap(events.statistics),
    extraTaps: ofMap(events.extraTaps),
  };
}

for (const format of FORMATS) {
  test(`${format}: random tables, seeds 0 to ${SEEDS - 1}`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = new Random(seed);
      const schema = randomSchema(random, format);
      const batches = [1, 17, 230, 3].map((rows) => randomBatch(schema, rows, random));
      const path = join(folder, `random-${seed}.${format}`);
      await writeEvents(path, schema, batches);
      await withEvents(path, {}, async (source) => {
        const wanted = joined(batches);
        assert.equal(bits(await collectEvents(source)), bits(wanted), `seed ${seed}`);
        assert.equal(bits(await collectEvents(source)), bits(wanted), `seed ${seed}, read again`);
        assert.equal(source.schema, schema, `seed ${seed}`);
        assert.is(source.rows, format === 'parquet' || format === 'npz' ? 251 : null);
      });
    }
  });

  test(`${format}: carried text without a character is text, not null; numpy has no null`, async () => {
    const schema = { ...plainSchema, carried: [{ name: 'site', type: 'string' as const }] };
    const site = ['', null, 'a', ''];
    const path = join(folder, `empty.${format}`);
    await writeEvents(path, schema, [{ ...randomBatch(schema, 4, new Random(2)), carried: new Map([['site', site]]) }]);
    const { carried } = (await readEvents(path)).events;
    assert.equal(carried.get('site'), format === 'npz' ? [null, null, 'a', null] : site);
  });

  test(`${format}: the same events give the same bytes`, async () => {
    const bytes = [1, 2].map(async (turn) => {
      const path = join(folder, `same-${turn}.${format}`);
      await writeEvents(path, plainSchema, [randomBatch(plainSchema, 50, new Random(4))]);
      return readFileSync(path);
    });
    const [first, second] = await Promise.all(bytes);
    assert.ok(first?.equals(second as Buffer));
  });

  test(`${format}: nothing under the name before commit, nothing left after discard or an error`, async () => {
    const path = join(temporaryFolder(), `events.${format}`);
    const batch = randomBatch(plainSchema, 10, new Random(1));
    const discarded = await openEventWriter(path, plainSchema);
    await discarded.write(batch);
    assert.not(existsSync(path));
    await discarded.discard();
    assert.equal(readdirSync(dirname(path)), []);

    const broken = await openEventWriter(path, plainSchema);
    const embeddings = batch.embeddings.slice();
    embeddings[4 * 7 + 1] = Number.NaN;
    const error = await refusal('EVENTS_NOT_FINITE', () => broken.write({ ...batch, embeddings }));
    assert.match(error.message, /row 7: value 1 of the embedding is NaN/);
    assert.equal(readdirSync(dirname(path)), []);

    const empty = await openEventWriter(path, plainSchema);
    await refusal('EVENTS_EMPTY', () => empty.commit());
    assert.equal(readdirSync(dirname(path)), []);
  });
}

withSharedData('the golden embeddings, through every format', (data) => {
  for (const format of FORMATS) {
    test(`${format}: 5,000 embeddings of CIFAR images and their scores`, async () => {
      await withEvents(join(data, 'golden', 'production_1.npz'), {}, async (golden) => {
        const path = join(folder, `golden.${format}`);
        assert.is(golden.rows, 5_000);
        assert.is(golden.schema.dimensions, 128);
        const writer = await openEventWriter(path, golden.schema);
        for await (const batch of golden.batches()) await writer.write(batch);
        await writer.commit();
        const { schema, events: read } = await readEvents(path);
        assert.equal(schema.classes, golden.schema.classes);
        const written = await collectEvents(golden);
        assert.ok(Buffer.from(written.embeddings.buffer).equals(Buffer.from(read.embeddings.buffer)));
        assert.ok(Buffer.from(written.scores.buffer).equals(Buffer.from(read.scores.buffer)));
      });
    });
  }
});

test('parquet: row groups of the size that is asked for', async () => {
  const path = join(folder, 'groups.parquet');
  const writer = await openEventWriter(path, plainSchema, { rowGroupRows: 10 });
  await writer.write(randomBatch(plainSchema, 25, new Random(2)));
  await writer.commit();
  const { parquetMetadata } = await import('hyparquet');
  const metadata = parquetMetadata(new Uint8Array(readFileSync(path)));
  assert.equal(
    metadata.row_groups.map(({ num_rows }) => Number(num_rows)),
    [10, 10, 5],
  );
});

test('csv and jsonl: the text itself', async () => {
  const schema: EventTableSchema = { ...plainSchema, dimensions: 2, classes: ['a "b"', 'c'], statistics: ['noise'] };
  const batch = {
    rows: 2,
    embeddings: Float32Array.of(0.1, 1e-10, -0, 16777216),
    scores: Float32Array.of(1, 0, 0.3333333333, 1e-45),
    targets: ['a "b"', null],
    imageUrls: ['x,y', null],
    timestamps: [1762500000000, null],
    eventIds: ['e1', null],
    statistics: new Map([['noise', Float32Array.of(0.1, Number.NaN)]]),
    extraTaps: new Map(),
  };
  await writeEvents(join(folder, 'text.csv'), schema, [batch]);
  await writeEvents(join(folder, 'text.jsonl'), schema, [batch]);
  const metadata = metadataJson(schema);
  assert.is(
    readFileSync(join(folder, 'text.csv'), 'utf8'),
    'embeddings,"a ""b""",c,target,image_url,timestamp,event_id,image_stat_noise,image_drift\n' +
      `"[0.1, 1e-10]",1,0,"a ""b""","x,y",1762500000000,e1,0.1,"${metadata.replaceAll('"', '""')}"\n` +
      '"[-0, 16777216]",0.33333334,1e-45,,,,,,\n',
  );
  assert.is(
    readFileSync(join(folder, 'text.jsonl'), 'utf8'),
    '{"embeddings": [0.1, 1e-10], "a \\"b\\"": 1, "c": 0, "target": "a \\"b\\"", "image_url": "x,y", "timestamp": 1762500000000, "event_id": "e1", "image_stat_noise": 0.1, ' +
      `"image_drift": ${JSON.stringify(metadata)}}\n` +
      '{"embeddings": [-0, 16777216], "a \\"b\\"": 0.33333334, "c": 1e-45, "target": null, "image_url": null, "timestamp": null, "event_id": null, "image_stat_noise": null}\n',
  );
});
