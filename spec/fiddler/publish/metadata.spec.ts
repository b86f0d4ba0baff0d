import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type EventTableSchema, openEvents } from '../../../data/index.js';
import type { Model } from '../../../fiddler/client/index.js';
import { eventColumns, parquetOf } from '../../../fiddler/publish/chunks/encode.js';
import { onboard, publishEvents, updateEvents } from '../../../fiddler/publish/index.js';
import { metadataColumns } from '../../../fiddler/publish/plan/columns.js';
import { assert, fixtures, refusal, suite, temporaryFolder } from '../../support/test.js';
import { type LocalFiddler, localFiddler } from './local-fiddler.js';

const MODEL = { project: 'image_monitoring', model: 'other' };
const other = (name: string) => join(fixtures, 'data', 'other-tools', name);
const ASKED = ['site', 'serial', 'id', 'price', 'night', 'seen'];
const columns = { embeddingColumn: 'features', scores: ['prob_*'] };

const metadata = suite<LocalFiddler>('metadata');
metadata.before.each(async (context) => void Object.assign(context, await localFiddler()));
metadata.after.each((fiddler) => fiddler.close());

for (const local of [false, true]) {
  metadata(
    `onboard --metadata${local ? ' --local' : ''}: columns of every type, published as what they are`,
    async ({ client }) => {
      const options = { ...MODEL, events: other('list.parquet'), columns, metadata: ASKED, local };
      const { model, notices, leftOut } = await onboard(client, options);
      assert.equal(leftOut, ['boxes']);
      assert.match(notices.join(' '), /Left out, and not sent to Fiddler: boxes\./);
      const types = new Map(model.schema.columns.map(({ name, data_type: type }) => [name, type]));
      const found = ASKED.map((name) => types.get(name));
      assert.equal(found, [local ? 'str' : 'category', 'str', 'int', 'float', 'bool', 'timestamp']);
      assert.equal(model.task_params!.target_class_order, ['cat', 'dog']);
      assert.is((await onboard(client, options)).created.model, false, 'a second time changes nothing');

      const environment = { type: 'PRE_PRODUCTION' as const, name: 'reference' };
      const files = [other('list.parquet')];
      const journal = join(temporaryFolder(), 'journal.jsonl');
      const { warnings } = await publishEvents(client, { files, model, environment, columns, journal, confirm: false });
      const given = warnings.map(({ code }) => code).filter((code) => code === 'PUBLISH_LEFT_OUT');
      assert.equal(given, ['PUBLISH_LEFT_OUT']);
      const dataset = await client.environments.byName(model.id, 'reference');
      const place = { modelId: model.id, envType: 'PRE_PRODUCTION' as const, envId: dataset!.id };
      const bytes = await client.rows.download({ ...place, columns: ASKED });
      assert.ok(bytes);
      const rows = await parquetReadObjects({ file: bytes!.buffer, compressors });
      assert.is(rows.length, 250);
      const first = rows.find(({ serial }) => serial === '004') as Record<string, unknown>;
      assert.equal([first['site'], Number(first['price']), first['night']], ['plant-1', 1, true]);
    },
  );
}

metadata('whole numbers beyond 2^53 go out as they are', async () => {
  const events = await openEvents(other('list.parquet'), columns);
  const id = { name: 'id', type: 'int' as const, isTime: false };
  const none = { target: null, imageUrl: null, timestamp: null, eventId: null, statistics: [] };
  for await (const batch of events.batches()) {
    const sent = { ...none, embeddings: 'embeddings', classes: ['cat', 'dog'], metadata: [id] };
    const bytes = parquetOf(eventColumns(sent, batch), batch.rows);
    const [row] = await parquetReadObjects({ file: bytes.buffer as ArrayBuffer, compressors });
    assert.is(row!['id'], 9007199254740993n);
  }
  await events.close();
});

metadata('a column that is not there, one of lists, and a value of another type', async ({ client }) => {
  const events = other('list.parquet');
  const ask = (name: string) => onboard(client, { ...MODEL, events, columns, metadata: [name] });
  assert.match((await refusal('METADATA_MISSING', () => ask('sit'))).hint ?? '', /Did you mean "site"/);
  await refusal('METADATA_TYPE', () => ask('boxes'));
  await refusal('METADATA_MISSING', () => ask('features'));

  const folder = temporaryFolder();
  const table = (name: string, sites: readonly string[]) => {
    const rows = sites.map((site, i) => `"[${i % 3}, ${i % 7}]",e${i},${site},${Date.now() - i}`);
    writeFileSync(join(folder, name), `embeddings,event_id,site,timestamp\n${rows.join('\n')}\n`);
    return join(folder, name);
  };
  const sites = Array.from({ length: 30 }, (_, i) => String(i));
  const numbers = table('numbers.csv', sites);
  const asked = { ...MODEL, model: 'numbers', events: numbers, clusters: 2, metadata: ['site'] };
  const { model } = await onboard(client, asked);
  const words = table('words.csv', sites.with(20, 'north'));
  const environment = { type: 'PRODUCTION' as const };
  const publish = () => publishEvents(client, { files: [words], model, environment });
  await refusal('PUBLISH_METADATA_TYPE', publish, /words\.csv row 20: site is north, the model has it as int/);
  const { sent } = await publishEvents(client, { files: [numbers], model, environment, mode: 'stream', lagSeconds: 5 });
  assert.is(sent, 30);
});

for (const mode of ['files', 'stream'] as const) {
  metadata(`publish --update by ${mode} sends values of metadata that arrive later`, async ({ client }) => {
    const folder = temporaryFolder();
    const table = (name: string, site: (row: number) => string) => {
      const rows = Array.from({ length: 20 }, (_, i) => `"[${i % 3}, ${i % 7}]",e${i},${site(i)},${1.7e12 + i}`);
      writeFileSync(join(folder, name), `embeddings,event_id,site,timestamp\n${rows.join('\n')}\n`);
      return join(folder, name);
    };
    const first = table('first.csv', () => 'unknown');
    const asked = { ...MODEL, model: `later_${mode}`, events: first, clusters: 2, metadata: ['site'] };
    const { model } = await onboard(client, asked);
    const environment = { type: 'PRODUCTION' as const };
    await publishEvents(client, { files: [first], model, environment, mode, lagSeconds: 5 });

    // Half of the values are missing: they take away nothing.
    const later = table('later.csv', (row) => (row % 2 === 0 ? `plant-${row}` : ''));
    const options = { files: [later], model, environment, mode };
    const { sent, unknown } = await updateEvents(client, options);
    assert.equal([sent, unknown], [10, 0]);
    assert.is((await updateEvents(client, options)).sent, 0, 'a second time sends nothing');
    const query = { modelId: model.id, envType: 'PRODUCTION', columns: ['event_id', 'site'], maxRows: 100 } as const;
    const bytes = await client.rows.download(query);
    const rows = await parquetReadObjects({ file: bytes!.buffer, compressors });
    const sites = new Map(rows.map(({ event_id: id, site }) => [id, site]));
    assert.equal([sites.size, sites.get('e4'), sites.get('e5')], [20, 'plant-4', 'unknown']);
  });
}

metadata('what embed says of images is left out without a warning; columns of the user’s are not', () => {
  const model = { schema: { columns: [{ name: 'image_width', data_type: 'int' }] } } as Model;
  const names = ['image_path', 'image_width', 'image_phash', 'site'];
  const carried = names.map((name) => ({ name, type: name === 'image_width' ? 'integer' : 'string' }));
  const { sent, leftOut } = metadataColumns(model, { carried } as unknown as EventTableSchema);
  assert.equal(sent, [{ name: 'image_width', type: 'int' }]);
  assert.equal(leftOut, ['site']);
});
