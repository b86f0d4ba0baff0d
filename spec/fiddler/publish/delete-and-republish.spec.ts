/** People delete, correct and publish again: the server has every event once, or a step is refused with a code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '../../../fiddler/client/index.js';
import { checkPublished, deleteEvents, planDays, updateEvents } from '../../../fiddler/publish/index.js';
import { assert, endedWith, longTest, printedJson, refusal } from '../../support/test.js';
import { assertOnce, openRig, scenes, storedIdsOf } from './local-fiddler.js';
import { writeEvents } from './publish-support.js';

const ROWS = 60;
const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.now() - 10 * DAY;
const timestamp = (row: number) => START + row * MINUTE;
const idOf = (row: number) => `event-${row}`;
const PLACE = ['--project', 'crashes', '--model', 'resnet18'];
const V1 = [...PLACE, '--model-version', 'v1'];

async function setUp() {
  const settings = { rowsPerFile: 25, settleSeconds: 0.02, lagSeconds: 0.2 };
  const rig = await openRig({ jobSeconds: 0.02, rows: ROWS, events: { timestamp, eventId: idOf }, settings });
  const { client, model: v1, options, folder } = rig;
  const { schema, spec, event_id_col, event_ts_col } = v1;
  const version = (name: string, project: string) =>
    client.models.create({
      ...{ name: 'resnet18', project_id: project, schema, spec, event_id_col, event_ts_col, version: name },
      ...{ task: 'multiclass_classification', task_params: v1.task_params ?? {} },
    });
  const v2 = await version('v2', v1.project?.id as string);
  const deleting = { model: v1, settleSeconds: 0.02, lagSeconds: 1 };
  return {
    ...rig,
    v1,
    v2,
    version,
    ids: (of: Model) => storedIdsOf(client, of.id),
    check: () => checkPublished(client, options),
    update: () => updateEvents(client, options),
    removeByTime: (from = START - DAY, to = START + DAY) => deleteEvents(client, { times: { from, to } }, deleting),
    removeByJournal: (journal: string, model = v1) => deleteEvents(client, { journal }, { ...deleting, model }),
    removeByIds: (ids: readonly string[]) => deleteEvents(client, { ids }, deleting),
    /** The same ids with other times, and further events behind them. */
    corrected: (time: (row: number) => number, rows = ROWS) =>
      writeEvents(folder, 'corrected', rows, { timestamp: time, eventId: idOf }),
  };
}

const scene = scenes(setUp);

/** @param ends events that versions 1 and 2 of the model have in the end, each once */
function story(
  name: string,
  ends: { v1: number; v2?: number },
  play: (rig: Awaited<ReturnType<typeof setUp>>) => Promise<void>,
): void {
  const run: typeof play = async (rig) => {
    await play(rig);
    assertOnce(await rig.ids(rig.v1), ends.v1, 'events of v1');
    assertOnce(await rig.ids(rig.v2), ends.v2 ?? 0, 'events of v2');
  };
  scene(name, run, undefined, longTest);
}

// Those of the attack.

story('the journal of v1 deletes the events of v1, though v2 is the newest', { v1: 0, v2: ROWS }, async (rig) => {
  const [one, two] = [join(rig.folder, 'v1.jl'), join(rig.folder, 'v2.jl')];
  await rig.publish({ journal: one });
  await rig.publish({ journal: two, model: rig.v2 });
  const { asked, found } = printedJson(await rig.run(['delete', ...PLACE, '--journal', one, '--json']));
  assert.equal([asked, found], [ROWS, ROWS]);
  assert.not.ok(existsSync(one));
  assert.ok(existsSync(two));
});

story('the journal of v1 with --model-version v2 is refused', { v1: ROWS, v2: ROWS }, async (rig) => {
  const one = join(rig.folder, 'v1.jl');
  await rig.publish({ journal: one });
  await rig.publish({ journal: join(rig.folder, 'v2.jl'), model: rig.v2 });
  const remove = ['delete', ...PLACE, '--model-version', 'v2', '--journal', one];
  endedWith(4, await rig.run(remove), /JOURNAL_OTHER_MODEL.*v1.*v2/);
  assert.ok(existsSync(one));
});

story('the journal of another project is refused, and stays', { v1: ROWS }, async (rig) => {
  await rig.publish();
  const { project } = await rig.client.projects.getOrCreate('other');
  const other = await rig.version('v1', project.id);
  const args = ['delete', '--project', 'other', '--model', 'resnet18', '--journal', rig.journal];
  endedWith(4, await rig.run(args), 'JOURNAL_OTHER_MODEL');
  await refusal('JOURNAL_OTHER_MODEL', () => rig.removeByJournal(rig.journal, other));
  assert.ok(existsSync(rig.journal));
});

story('the journal of another server is refused, and stays', { v1: ROWS }, async (rig) => {
  await rig.publish();
  const other = await setUp();
  try {
    const remove = () => deleteEvents(other.client, { journal: rig.journal }, { model: other.v1 });
    await refusal('JOURNAL_OTHER_SERVER', remove);
  } finally {
    await other.close();
  }
  assert.ok(existsSync(rig.journal));
});

story('the same ids a day later are refused, with file, row and both times', { v1: ROWS }, async (rig) => {
  await rig.publish();
  const later = await rig.corrected((row) => timestamp(row) + DAY);
  const error = await refusal('PUBLISH_OTHER_TIMES', () => rig.publish({ files: [later] }), { exitCode: 4 });
  assert.match(error.message, `${later} row 0`);
  assert.match(error.message, new Date(timestamp(0)).toISOString());
  assert.match(error.message, new Date(timestamp(0) + DAY).toISOString());
});

story('ids that another client stored at other times are found by --check', { v1: ROWS }, async (rig) => {
  await rig.publish();
  const twice = [3, 4, 5].map(idOf);
  const events = twice.map((event_id) => ({ event_id, timestamp: START - 3 * DAY }));
  await rig.client.events.publishRows({ modelId: rig.v1.id, envType: 'PRODUCTION', envName: null, events });
  const { found, missing, repeated, repeatedIds } = await rig.check();
  assert.equal([found, missing, repeated], [ROWS, 0, 3]);
  assert.equal([...repeatedIds].sort(), twice);
  endedWith(5, await rig.run(['publish', rig.file, ...V1, '--rows-per-file', '25', '--check']));
  await rig.removeByIds(twice);
  assert.is((await rig.publish()).sent, 3);
});

story('delete by time, publish again: all are sent again', { v1: ROWS }, async (rig) => {
  await rig.publish();
  await rig.removeByTime();
  assert.equal(await rig.ids(rig.v1), []);
  const { sent, confirmed } = await rig.publish();
  assert.equal([sent, confirmed], [ROWS, true]);
});

story('delete by ids, publish again: those are sent again', { v1: ROWS }, async (rig) => {
  await rig.publish();
  await rig.removeByIds([0, 30, 59].map(idOf));
  const { sent, confirmed } = await rig.publish();
  assert.equal([sent, confirmed], [3, true]);
});

story('deleted twice by one journal: both journals are kept', { v1: 0 }, async (rig) => {
  await rig.publish();
  const first = await rig.removeByJournal(rig.journal);
  await rig.publish();
  const second = await rig.removeByJournal(rig.journal);
  assert.is.not(first.journal, second.journal);
  for (const { journal } of [first, second]) assert.ok(existsSync(journal as string), String(journal));
});

story('a journal of events that are not there any more is not renamed away', { v1: ROWS }, async (rig) => {
  await rig.publish();
  await rig.removeByTime();
  const { found, journal } = await rig.removeByJournal(rig.journal);
  assert.equal([found, journal], [0, null]);
  assert.ok(existsSync(rig.journal));
  assert.is((await rig.publish()).sent, ROWS);
});

// Ten of our own.

story('1. somebody else deletes a part, of whom no journal knows: it is sent again', { v1: ROWS }, async (rig) => {
  await rig.publish();
  await rig.remove([7, 8, 9, 41].map(idOf));
  const { sent, alreadyThere, confirmed } = await rig.publish();
  assert.equal([sent, alreadyThere, confirmed], [4, ROWS - 4, true]);
});

story('2. half is deleted by time, and streamed again', { v1: ROWS }, async (rig) => {
  await rig.publish({ mode: 'stream' });
  await rig.removeByTime(START, timestamp(30));
  const { sent } = await rig.publish({ mode: 'stream' });
  assert.is(sent, 30);
});

story(
  '3. a file with some of the ids at other times is refused whole, and nothing of it is sent',
  { v1: ROWS },
  async (rig) => {
    await rig.publish();
    const moved = (row: number) => timestamp(row) + (row >= 50 ? MINUTE : 0);
    const grown = await rig.corrected(moved, ROWS + 20);
    await refusal('PUBLISH_OTHER_TIMES', () => rig.publish({ files: [grown] }), '10 events');
  },
);

story('4. dates are corrected: delete by the old journal, then publish the new file', { v1: ROWS }, async (rig) => {
  await rig.publish();
  await rig.removeByJournal(rig.journal);
  const later = await rig.corrected((row) => timestamp(row) + DAY);
  const { sent, confirmed } = await rig.publish({ files: [later] });
  assert.equal([sent, confirmed], [ROWS, true]);
});

story(
  '5. two files of one journal; the ids of one are deleted: its events alone are sent',
  { v1: 2 * ROWS },
  async (rig) => {
    const name = (row: number) => `other-${row}`;
    const other = await writeEvents(rig.folder, 'b', ROWS, { timestamp: (row) => timestamp(row) + DAY, eventId: name });
    const files = [rig.file, other];
    await rig.publish({ files });
    await rig.removeByIds(Array.from({ length: ROWS }, (_, row) => name(row)));
    assert.is((await rig.publish({ files })).sent, ROWS);
  },
);

story('6. a dry run of a deletion changes nothing', { v1: ROWS }, async (rig) => {
  await rig.publish();
  const dry = await deleteEvents(rig.client, { journal: rig.journal }, { model: rig.v1, dryRun: true });
  assert.equal([dry.asked, dry.found, dry.deleted], [ROWS, ROWS, false]);
  const { sent, confirmed } = await rig.publish();
  assert.equal([sent, confirmed], [0, true]);
});

story('7. events spread over days, deleted by their journal and published again', { v1: 40 }, async (rig) => {
  const timestamps = planDays({ days: 2, rowsPerDay: 20, until: START + 3 * DAY });
  await rig.publish({ timestamps });
  await rig.removeByJournal(rig.journal);
  assert.equal(await rig.ids(rig.v1), []);
  assert.is((await rig.publish({ timestamps })).sent, 40);
});

story(
  '8. without a look at the end, nothing is called confirmed, and a deletion here is known',
  { v1: ROWS },
  async (rig) => {
    await rig.publish();
    const unasked = await rig.publish({ confirm: false });
    assert.equal([unasked.sent, unasked.confirmed], [0, null]);
    const text = await rig.run(['publish', rig.file, ...V1, '--rows-per-file', '25', '--no-confirm']);
    assert.match(text.stdout, 'the server was not asked');
    const times = ['--from', new Date(START).toISOString(), '--to', new Date(START + DAY).toISOString()];
    endedWith(0, await rig.run(['delete', ...V1, ...times]));
    assert.is((await rig.publish({ confirm: false })).sent, ROWS);
  },
);

story(
  '9. labels of events that were deleted and published again without them are sent again',
  { v1: ROWS },
  async (rig) => {
    const bare = await writeEvents(rig.folder, 'bare', ROWS, { timestamp, eventId: idOf, target: () => null });
    await rig.publish({ files: [bare] });
    assert.is((await rig.update()).sent, ROWS);
    await rig.removeByJournal(`${bare}.publish-production.jsonl`);
    await rig.publish({ files: [bare] });
    assert.is((await rig.update()).sent, ROWS);
  },
);

story('10. the model is made anew under its name: its journal is of another one', { v1: 0, v2: 0 }, async (rig) => {
  await rig.publish();
  await rig.client.jobs.wait((await rig.client.models.delete(rig.v1.id)).id);
  rig.v1 = await rig.version('v1', rig.v1.project?.id as string);
  await refusal('JOURNAL_OTHER_MODEL', () => rig.publish({ model: rig.v1 }));
  await refusal('JOURNAL_OTHER_MODEL', () => rig.removeByJournal(rig.journal, rig.v1));
  assert.ok(existsSync(rig.journal));
});
