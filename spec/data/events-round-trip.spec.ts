import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { Random } from '../../base/index.js';
import { metadataJson } from '../../data/events/table-schema.js';
import { type CarriedColumn, type EventTableSchema, openEventWriter } from '../../data/index.js';
import { assert, collect, fixtures, refusal, temporaryFolder, test, withSharedData } from '../support/test.js';
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

const IMAGES: EventTableSchema['images'] = {
  ...{ file: 'a b/images.npz', array: 'arr_0', layout: 'nchw', count: 251 },
  corruption: { name: 'darken', seed: 3 },
};
const EXTRA_TAPS: [string, number[]][] = Object.entries({ layer4: [2, 3, 1], 'fc.2': [4] });

function randomSchema(random: Random, format: string): EventTableSchema {
  const coin = () => random.uniform() < 0.5;
  const names = ['plane', 'a,b', 'say "x"', 'ü 🙂', 'line\nend', '0', 'list'];
  const classes = names.slice(0, random.below(names.length + 1));
  return {
    dimensions: 1 + random.below(40),
    classes,
    ...(classes.length > 0 && coin() ? { thresholds: classes.map(() => 0.01 + 0.98 * random.uniform()) } : {}),
    tap: coin() ? 'layer4.1.bn2' : null,
    weightsSha256: coin() ? 'cd'.repeat(32) : null,
    ...(coin() ? { pixelsSha256: 'ef'.repeat(32) } : {}),
    ...(coin() ? { weightsNote: 'compared with its own program, error 3e-7' } : {}),
    hasTargets: coin(),
    hasImageUrls: coin(),
    hasTimestamps: coin(),
    hasEventIds: coin(),
    statistics: ['brightness', 'x', 'A_9'].slice(0, random.below(4)),
    images: format === 'parquet' && coin() ? IMAGES : null,
    extraTaps: new Map(format === 'npz' && coin() ? EXTRA_TAPS : []),
    carried: coin() ? CARRIED.filter(({ type }) => format !== 'npz' || !['timestamp', 'boolean'].includes(type)) : [],
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
    const [first, second] = [join(folder, `same-1.${format}`), join(folder, `same-2.${format}`)];
    for (const path of [first, second]) {
      await writeEvents(path, plainSchema, [randomBatch(plainSchema, 50, new Random(4))]);
    }
    assert.ok(readFileSync(first).equals(readFileSync(second)));
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
    const says = /row 7: value 1 of the embedding is NaN/;
    await refusal('EVENTS_NOT_FINITE', () => broken.write({ ...batch, embeddings }), says);
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
        assert.equal([golden.rows, golden.schema.dimensions], [5_000, 128]);
        await writeEvents(path, golden.schema, await collect(golden.batches()));
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
  await writeEvents(path, plainSchema, [randomBatch(plainSchema, 25, new Random(2))], { rowGroupRows: 10 });
  const { row_groups } = parquetMetadata(new Uint8Array(readFileSync(path)));
  const rows = row_groups.map(({ num_rows }) => Number(num_rows));
  assert.equal(rows, [10, 10, 5]);
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
  const metadata = metadataJson(schema);
  for (const [name, quoted] of [
    ['text.csv', metadata.replaceAll('"', '""')],
    ['text.jsonl', JSON.stringify(metadata).slice(1, -1)],
  ] as const) {
    await writeEvents(join(folder, name), schema, [batch]);
    const expected = readFileSync(join(fixtures, 'data', 'written', name), 'utf8').replace('METADATA', () => quoted);
    assert.is(readFileSync(join(folder, name), 'utf8'), expected);
  }
});
