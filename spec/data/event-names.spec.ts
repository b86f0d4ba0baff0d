import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { metadataJson, parseMetadata } from '../../data/events/table-schema.js';
import { float32Text, NotAVector, parseVectorText } from '../../data/events/vector-text.js';
import {
  type EventTableSchema,
  eventFormat,
  eventId,
  imageUrl,
  openEvents,
  openEventWriter,
  readableEventFormat,
} from '../../data/index.js';
import { NotATime, toMilliseconds } from '../../data/rows/timestamp.js';
import { assert, fixtures, refusal, temporaryFolder, test, written } from '../support/test.js';
import { anyFloat32, plainSchema, randomBatch, readEvents, writeEvents } from './support/event-tables.js';

test('an event id is the hash that its documentation says', () => {
  const bytes = Buffer.concat(
    ['image-drift/event/1', 'production_1', '17', 'ab'].flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(field));
      return [length, Buffer.from(field)];
    }),
  );
  const id = eventId('production_1', 17, 'ab');
  assert.is(id, createHash('sha256').update(bytes).digest('hex').slice(0, 32));
  assert.is(id, eventId('production_1', '17', 'ab'));
});

test('no two fields run into each other', () => {
  const ids = [eventId('a1', '2', 'b'), eventId('a', '12', 'b'), eventId('a', '1', '2b'), eventId('a1', '2', 'c')];
  assert.is(new Set(ids).size, 4);
});

test('an image URL is its template filled in', async () => {
  assert.is(imageUrl('https://x/{dataset}/{row}.png', { dataset: 'a$&b', row: 3 }), 'https://x/a$&b/3.png');
  assert.is(imageUrl('plain', { dataset: 'a', row: 3 }), 'plain');
  const error = await refusal('IMAGE_URL_PLACEHOLDER', () => imageUrl('{datset}/{row}', { dataset: 'a', row: 1 }));
  assert.is(error.hint, 'Did you mean {dataset}?');
  await refusal('IMAGE_URL_PLACEHOLDER', () => imageUrl('{toString}', { dataset: 'a', row: 1 }));
});

test('the format is that of the extension', async () => {
  assert.equal(['a.PARQUET', 'b.c.ndjson', 'x.csv', 'y.npz'].map(eventFormat), ['parquet', 'jsonl', 'csv', 'npz']);
  await refusal('EVENTS_FORMAT_UNKNOWN', () => eventFormat('a.xlsx'), /\.xlsx.*\.parquet, \.jsonl, \.csv and \.npz/);
  await refusal('EVENTS_FORMAT_UNKNOWN', () => eventFormat('events'));
});

test('Arrow files: the error has the lines that make parquet of them', async () => {
  for (const name of ['a "b".feather', 'week.arrow', 'week.IPC']) {
    const message = /is not a format of events; \.parquet, \.jsonl, \.csv, \.npz and \.npy are/;
    await refusal('EVENTS_FORMAT_UNKNOWN', () => readableEventFormat(name), { message, hint: /parquet/ });
  }
  const { program } = await refusal('EVENTS_FORMAT_UNKNOWN', () => readableEventFormat('a "b".feather'));
  const name = 'a \\"b\\"';
  assert.is(
    program[1],
    `pyarrow.parquet.write_table(pyarrow.feather.read_table("${name}.feather"), "${name}.parquet")`,
  );
});

test('times of every kind', () => {
  const ms = Date.UTC(2025, 10, 7, 7, 20, 0, 123);
  for (const same of [
    ms,
    BigInt(ms),
    new Date(ms),
    String(ms),
    `${ms}.0`,
    '2025-11-07T07:20:00.123Z',
    '2025-11-07 07:20:00.123456789',
    '2025-11-07 07:20:00.123 UTC'.replace(' UTC', 'UTC'),
    '2025-11-07 09:20:00.123+02:00',
    '2025-11-07T09:20:00.123+0200',
  ]) {
    assert.is(toMilliseconds(same), ms, String(same));
  }
  assert.is(toMilliseconds('2025-11-07'), Date.UTC(2025, 10, 7));
  for (const none of [null, undefined, '', 'NaT', Number.NaN]) assert.is(toMilliseconds(none), null);
  for (const [wrong, why] of [
    [1762500000, /looks like seconds/],
    [new Date(1762500000), /^1970-01-21T09:35:00\.000Z looks like seconds/],
    [1762500000000000n, /looks like micro/],
    ['2025-13-07', /not a date/],
    ['yesterday', /neither/],
    [{}, /neither/],
  ] as const) {
    const result = toMilliseconds(wrong);
    assert.ok(result instanceof NotATime && why.test(result.reason), String(wrong));
  }
});

test('float32 text reads back and is never longer than the shortest that toPrecision finds', () => {
  const random = new Random(5);
  for (let i = 0; i < 20_000; i++) {
    const value = i % 2 ? anyFloat32(random) : Math.fround(random.normal());
    const text = float32Text(value);
    assert.ok(Object.is(Math.fround(Number(text)), value), text);
    const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((d) => Math.fround(Number(value.toPrecision(d))) === value);
    const significant = text.replace(/e.*/, '').replace(/\D/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
    assert.ok(significant <= (digits as number), `${text}: ${significant} digits, ${digits} suffice`);
  }
});

test('vectors as text', () => {
  assert.equal(parseVectorText('[0.1, -2e-3]'), [0.1, -2e-3]);
  assert.equal(parseVectorText(' [ 0.1  2.\n  -3 ] '), [0.1, 2, -3]);
  assert.equal(parseVectorText('[]'), []);
  for (const wrong of ['0.1, 0.2', '[0.1, None]', '[0.1, nan]', '[1 2 ... 3]', '[1,,2]', '[1e999]', '[[1], [2]]']) {
    assert.instance(parseVectorText(wrong), NotAVector, wrong);
  }
});

// Statistics columns of event tables are never mistaken for classes, whatever program wrote the file.

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
    const write = (noise: Float32Array) => {
      const statistics = new Map([...batch.statistics, ['noise', noise]]);
      return writeEvents(join(folder, `b.${format}`), schema, [{ ...batch, statistics }]);
    };
    const infinite = () => write(Float32Array.of(0, -Infinity, 0));
    await refusal('EVENTS_NOT_FINITE', infinite, /row 1: the statistic noise is -Infinity/);
    await refusal('EVENTS_BATCH_SHAPE', () => write(Float32Array.of(0)));
  });
}

test('tables without them, from here and elsewhere, have none', async () => {
  for (const name of ['pandas.parquet', 'pandas.csv']) {
    const { schema, events } = await readEvents(join(fixtures, 'data', 'events', name));
    assert.equal([schema.statistics, schema.images, events.statistics.size], [[], null, 0]);
  }
});

test('names that a format could not hold, or twice', async () => {
  for (const statistics of [[''], ['a b'], ['a"'], ['x', 'x'], ['x'.repeat(101)]]) {
    const open = () => openEventWriter(join(folder, 'c.csv'), { ...plainSchema, statistics });
    await refusal('EVENTS_STATISTIC_NAME', open);
  }
});

test('text under such a name is left alone; a text among numbers is an error that names line and column', async () => {
  const csv = async (values: string[]) => {
    const lines = ['embeddings,image_stat_x', ...values.map((value) => `"[1, 2]",${value}`)];
    const { schema, events } = await readEvents(written('text.csv', lines.join('\n')));
    return [schema.statistics, [...(events.statistics.get('x') ?? [])]];
  };
  assert.equal(await csv(['dark', 'light']), [[], []]);
  assert.equal(await csv(['1', '', '0.5']), [['x'], [1, Number.NaN, 0.5]]);
  const late = [...new Array(150).fill('1'), 'dark'];
  await refusal('EVENTS_NOT_NUMERIC', () => csv(late), /line 152 column image_stat_x: .*"dark"/);
});

test('where the images are is a hint: older, newer and strange ones leave the table readable', () => {
  const images = { file: '/a.npz', array: 'arr_0', layout: 'nhwc', count: 3, corruption: null } as const;
  const read = (change: object) => {
    const metadata = { ...JSON.parse(metadataJson({ ...schema, images })), ...change };
    return parseMetadata('x.parquet', JSON.stringify(metadata))!.images;
  };
  assert.equal(read({}), images);
  const fog = { name: 'fog', seed: 1 };
  for (const strange of [undefined, null, 7, { ...images, count: -1 }, { ...images, corruption: fog }]) {
    assert.is(read({ images: strange }), null);
  }
});
