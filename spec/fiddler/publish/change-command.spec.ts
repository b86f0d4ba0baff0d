import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import type { FiddlerClient } from '../../../fiddler/client/index.js';
import { checkPublished, deleteEvents, planDays, updateEvents } from '../../../fiddler/publish/index.js';
import { assert, endedWith, longTest, printedJson, refusal } from '../../support/test.js';
import { openRig, scenes } from './local-fiddler.js';
import { writeEvents } from './publish-support.js';

const ROWS = 60;
const START = Date.now() - 86_400_000;
const timestamp = (row: number) => START + row * 60_000;
const PLACE = ['--project', 'crashes', '--model', 'resnet18', '--settle', '0.05', '--lag', '1'];

const settings = { rowsPerFile: 25, settleSeconds: 0.05, lagSeconds: 0.3 };
const scene = scenes(() => openRig({ rows: ROWS, events: { timestamp }, settings }));

async function labelsOf(client: FiddlerClient, modelId: string): Promise<Map<unknown, number>> {
  const query = { modelId, envType: 'PRODUCTION' as const, columns: ['target'], maxRows: 1_000 };
  const bytes = (await client.rows.download(query)) as Uint8Array;
  const rows = await parquetReadObjects({ file: bytes.slice().buffer as ArrayBuffer });
  const labels = new Map<unknown, number>();
  for (const { target } of rows) labels.set(target ?? null, (labels.get(target ?? null) ?? 0) + 1);
  return labels;
}

scene(
  '--check finds what was deleted on the server, and publishing again sends it',
  async (rig) => {
    const { file, run, stored } = rig;
    const publish = ['publish', file, ...PLACE];
    endedWith(0, await run(publish));
    const whole = endedWith(0, await run([...publish, '--check']));
    assert.match(whole.stdout, '60 of 60 events are on the server');
    await rig.remove((await stored()).slice(0, 7));
    const check = endedWith(5, await run([...publish, '--check', '--json']));
    const { rows, found, missing, repeated } = JSON.parse(check.stdout);
    assert.equal([rows, found, missing, repeated], [60, 53, 7, 0]);
    assert.match(endedWith(0, await run(publish)).stdout, '7 sent');
    assert.is((await stored()).length, ROWS);
  },
  undefined,
  longTest,
);

scene('--check finds what is stored twice; delete by its journal is the way back', async (rig) => {
  const { client, options, journal, file, run, stored } = rig;
  await rig.publish({ confirm: false });
  writeFileSync(journal, readFileSync(journal, 'utf8').replaceAll('"done"', '"sending"'));
  // Sent again without a look, as two machines at once would.
  const twice = () => rig.publish({ resend: true });
  await refusal('PUBLISH_STORED_TWICE', twice, { hint: `image-drift delete --journal ${journal}` });
  assert.is((await stored()).length, 2 * ROWS);
  const { found, missing, repeated } = await checkPublished(client, options);
  assert.equal([found, missing, repeated], [ROWS, 0, ROWS]);

  const remove = ['delete', '--project', 'crashes', '--model', 'resnet18', '--journal', journal];
  const dry = endedWith(0, await run([...remove, '--dry-run']));
  assert.match(dry.stdout, '60 of 60 events are there; nothing was deleted');
  assert.is((await stored()).length, 2 * ROWS);
  endedWith(0, await run(remove));
  assert.equal(await stored(), []);
  assert.not.ok(existsSync(journal));
  assert.is((await rig.publish()).sent, ROWS);
  assert.is((await stored()).length, ROWS);
  endedWith(0, await run(['publish', file, ...PLACE, '--rows-per-file', '25', '--check']));
});

scene('delete by ids, and by time; wrong usage is told', async (rig) => {
  const { folder, run, stored } = rig;
  await rig.publish();
  const ids = join(folder, 'ids.txt');
  writeFileSync(ids, `${(await stored()).slice(0, 5).join('\n')}\nunknown\n`);
  const place = ['delete', '--project', 'crashes', '--model', 'resnet18'];
  endedWith(0, await run([...place, '--ids', ids]));
  assert.is((await stored()).length, ROWS - 5);
  const times = ['--from', new Date(START).toISOString(), '--to', new Date(timestamp(30)).toISOString()];
  assert.ok(printedJson(await run([...place, ...times, '--json'])).deleted);
  assert.is((await stored()).length, ROWS - 30);
  for (const wrong of [[], ['--from', '2026-01-01'], ['--ids', ids, '--journal', ids]]) {
    endedWith(2, await run([...place, ...wrong]));
  }
});

for (const mode of ['files', 'stream'] as const) {
  scene(`--update by ${mode}: labels that arrive later, once, and those of unknown events are told`, async (rig) => {
    const { client, model, folder, run, stored } = rig;
    await rig.publish({ files: [await writeEvents(folder, 'b', 40, { timestamp, target: () => null })] });
    const ids = await stored();
    const labelled = await writeEvents(folder, 'b2', 50, {
      timestamp,
      eventId: (row) => (row < 40 ? ids[row] : `later-${row}`) as string,
      target: (row) => (row % 2 === 0 ? 'bird' : null),
    });
    const flags = ['--update', '--json', ...(mode === 'stream' ? ['--stream'] : [])];
    const update = ['publish', labelled, ...PLACE.slice(0, 4), ...flags];
    const { rows, sent, unknown } = printedJson(await run(update));
    assert.equal([rows, sent, unknown], [50, 25, 5]);
    const labels = await labelsOf(client, model.id);
    assert.equal([labels.get('bird'), labels.get(null)], [20, 20]);
    assert.is(printedJson(await run(update)).sent, 0);
  });
}

scene('--update takes a table of event_id and target alone, and says what is missing of it', async (rig) => {
  const { client, model, folder, run, stored } = rig;
  const bare = await writeEvents(folder, 'b', 40, { timestamp, target: () => null });
  await rig.publish({ files: [bare] });
  const ids = await stored();
  const labels = join(folder, 'labels.csv');
  const update = ['publish', labels, ...PLACE.slice(0, 4), '--update', '--json'];
  const birds = ids.map((id, row) => `${id},${row < 30 ? 'bird' : ''}\n`);
  writeFileSync(labels, `event_id,target\n${birds.join('')}no,cat\n`);
  const { rows, sent, unknown } = printedJson(await run(update));
  assert.equal([rows, sent, unknown], [41, 31, 1]);
  const found = await labelsOf(client, model.id);
  assert.equal([found.get('bird'), found.get(null)], [30, 10]);

  const lines = join(folder, 'labels.jsonl');
  const cats = ids.slice(30).map((event_id) => `${JSON.stringify({ event_id, target: 'cat' })}\n`);
  writeFileSync(lines, cats.join(''));
  const stream = ['publish', lines, ...PLACE.slice(0, 4), '--update', '--stream', '--json'];
  assert.is(printedJson(await run(stream)).sent, 10);
  assert.is((await labelsOf(client, model.id)).get('cat'), 10);

  for (const [text, says] of [
    ['target\nbird\n', 'EVENTS_COLUMN_MISSING'],
    ['event_id,target\n,bird\n', 'EVENTS_ID_MISSING'],
    ['event_id,target\na,unicorn\n', 'PUBLISH_TARGET_UNKNOWN'],
    ['event_id,target\na,bird\na,cat\n', 'PUBLISH_DUPLICATE_ID'],
  ] as const) {
    writeFileSync(labels, text);
    endedWith(4, await run([...update, '--journal', join(folder, `${says}.jsonl`)]), says);
  }
  // Without --update, a table without embeddings is none of events.
  assert.match((await run(['publish', labels, ...PLACE.slice(0, 4), '--json'])).stderr, 'EVENTS_NO_EMBEDDINGS');
});

scene('--update finds the copies that were spread over days', async ({ client, options, publish, stored }) => {
  const timestamps = planDays({ days: 2, rowsPerDay: 30, until: Date.now() - 1_000 });
  await publish({ timestamps });
  const { sent, unknown } = await updateEvents(client, { ...options, timestamps });
  assert.equal([sent, unknown], [60, 0]);
  assert.is((await stored()).length, 60);
});

scene('a journal of other files deletes nothing', async (rig) => {
  const { client, model, file, folder, journal, stored } = rig;
  await rig.publish();
  writeFileSync(file, readFileSync(await writeEvents(folder, 'other', ROWS, { timestamp })));
  await refusal('JOURNAL_OTHER_FILE', () => deleteEvents(client, { journal }, { model }));
  assert.is((await stored()).length, ROWS);
});
