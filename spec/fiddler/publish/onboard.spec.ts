import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from '../../../fiddler/client/index.js';
import { onboard, publishEvents, readCentroids, verify } from '../../../fiddler/publish/index.js';
import { drillJson } from '../../../pipeline/index.js';
import type { DrillTable } from '../../../report/index.js';
import {
  assert,
  type CliRun,
  collect,
  endedWith,
  printedJson,
  refusal,
  runCli,
  suite,
  temporaryFolder,
} from '../../support/test.js';
import { CLASSES, writeEvents } from './events-fixture.js';
import { type LocalFiddler, localFiddler } from './local-fiddler.js';

const DAY = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY) * DAY;
const MODEL = { project: 'image_monitoring', model: 'resnet18' };
const TARGET = ['--project', MODEL.project, '--model', MODEL.model];

const folder = temporaryFolder();
const reference = await writeEvents(join(folder, 'reference.parquet'), { rows: 400, seed: 1 });
const REFERENCE = { events: reference, ...MODEL };

const onboarding = suite<LocalFiddler>('onboard');
onboarding.before.each(async (context) => void Object.assign(context, await localFiddler()));
onboarding.after.each((fiddler) => fiddler.close());

onboarding('makes project and model, and a second time changes nothing', async ({ client, writes }) => {
  const centroidsOut = join(folder, 'twice.centroids.json');
  const options = { ...REFERENCE, centroidsOut };
  const first = await onboard(client, options);
  assert.equal(first.created, { project: true, model: true });
  assert.equal([first.centroidsWritten, first.notices, first.differences], [true, [], []]);
  const { model } = first;
  const found = [model.version, model.task, model.event_id_col, model.event_ts_col];
  assert.equal(found, ['v1', 'multiclass_classification', 'event_id', 'timestamp']);
  assert.equal(model.task_params!.target_class_order, CLASSES);
  const types = model.schema.columns.map(({ name, data_type: type }) => `${name}: ${type}`);
  const scores = CLASSES.map((name) => `${name}: float`);
  assert.equal(types, ['embeddings: vector', ...scores, 'target: category', 'image_url: str', 'event_id: str']);
  assert.equal(model.schema.columns[0]!.n_dimensions, 6);

  const file = await readCentroids(centroidsOut);
  assert.equal([file.centroids.length, file.centroids[0]!.length, file.model, file.version], [5, 6, 'resnet18', 'v1']);
  assert.equal([file.weightsSha256, file.tap, file.classes], ['a'.repeat(64), 'fc.0', CLASSES]);

  const before = writes();
  const second = await onboard(client, options);
  assert.equal(writes(), before, 'nothing but GET');
  assert.equal(second.created, { project: false, model: false });
  assert.is(second.centroidsWritten, false);
  assert.is(second.model.id, model.id);
  assert.is((await collect(client.models.list(first.project.id))).length, 1);
});

onboarding('a schema made here is that of the server, and no sample is sent', async ({ client, writes }) => {
  const factory = await onboard(client, REFERENCE);
  const before = writes();
  const offline = await onboard(client, { ...REFERENCE, model: 'offline', local: true, clusters: 3 });
  assert.equal(writes(), { ...before, 'POST /v3/models': 2 });
  const plain = ({ schema }: Model) =>
    schema.columns.map((c) => [c.name, c.data_type, c.min, c.max, c.categories, c.n_dimensions]);
  assert.equal(plain(offline.model), plain(factory.model));
  assert.is(offline.centroids!.centroids.length, 3);
});

onboarding(
  'events of another model are a diff and a refusal, and with a version a model of their own',
  async ({ client }) => {
    const centroidsOut = join(folder, 'versions.centroids.json');
    const { project } = await onboard(client, { ...REFERENCE, centroidsOut });
    const wider = await writeEvents(join(folder, 'wider.parquet'), { rows: 100, seed: 2 }, { dimensions: 8 });
    const saved = readFileSync(centroidsOut, 'utf8');

    const refused = await refusal('MODEL_DIFFERS', () => onboard(client, { events: wider, ...MODEL, centroidsOut }));
    assert.match(refused.message, /dimensions of embeddings\n- {3}server: 6\n\+ {3}events: 8/);
    assert.match(refused.hint ?? '', /--model-version v2/);
    assert.is(refused.exitCode, 4);
    assert.is(readFileSync(centroidsOut, 'utf8'), saved);
    assert.is((await collect(client.models.list(project.id))).length, 1);

    const second = await onboard(client, { events: wider, ...MODEL, version: 'v2', centroidsOut });
    assert.equal(second.created, { project: false, model: true });
    assert.is(second.model.version, 'v2');
    const whats = second.differences.map(({ what }) => what);
    assert.equal(whats, ['dimensions of embeddings']);
    assert.is((await readCentroids(centroidsOut)).version, 'v2');
    const fitting = await onboard(client, { events: wider, ...MODEL });
    assert.equal(fitting.created, { project: false, model: false }, 'the latest fits');
    await refusal('MODEL_DIFFERS', () => onboard(client, { events: wider, ...MODEL, version: 'v1' }));
  },
);

onboarding.long(
  'alert rules: thresholds from the drill or by themselves, once, and after there is a baseline',
  async ({ client, run }) => {
    const { model } = await onboard(client, REFERENCE);
    const missing = await refusal('ALERTS_NO_BASELINE', () => onboard(client, { ...REFERENCE, alerts: 'auto' }));
    assert.match(missing.hint ?? '', 'Publish the baseline');
    const environment = { type: 'PRE_PRODUCTION' as const, name: 'train_time_reference' };
    await publishEvents(client, { files: [reference], model, environment, settleSeconds: 0.02 });
    const again = ['onboard', reference, ...TARGET, '--json', '--alerts', 'auto'];
    assert.is(printedJson(await run(again, folder)).alert_rules.length, 1);
    assert.equal(printedJson(await run(again, folder)).alert_rules, []);
    const rules = await collect(client.alertRules.list({ modelId: model.id }));
    assert.is(rules.length, 1);
    const [warning, critical] = [rules[0]?.['warning_threshold'], rules[0]?.['critical_threshold']] as [number, number];
    assert.ok(0 < warning && warning < critical && critical < 0.8326, `${warning}, ${critical}`);
    const file = join(folder, 'rules.json');
    writeFileSync(file, '{"neither": "nor"}');
    await refusal('ALERTS_FILE', () => onboard(client, { ...REFERENCE, alerts: file }));
  },
);

onboarding(
  'alert rules from a drill: its rate of false alarms, and the windows in which it saw a corruption',
  async ({ client }) => {
    const { model } = await onboard(client, REFERENCE);
    const environment = { type: 'PRE_PRODUCTION' as const, name: 'train_time_reference' };
    const journal = join(folder, 'drill.jsonl');
    await publishEvents(client, { files: [reference], model, environment, settleSeconds: 0.02, journal });
    const file = join(folder, 'drill.json');
    const drilled = (method: string) => JSON.stringify(drillJson(drillOf(method)));
    writeFileSync(file, drilled('mmd'));
    await refusal('ALERTS_FILE', () => onboard(client, { ...REFERENCE, alerts: file }), { hint: '--methods js' });
    const other = { ...drillOf('js'), weightsSha256: 'c'.repeat(64) };
    writeFileSync(file, JSON.stringify(drillJson(other)));
    await refusal('ALERTS_FILE', () => onboard(client, { ...REFERENCE, alerts: file }), /weights cccc.* of aaaa/);
    writeFileSync(file, drilled('js'));
    const { alertRules } = await onboard(client, { ...REFERENCE, alerts: file });
    const listed = await collect(client.alertRules.list({ modelId: model.id }));
    const ids = listed.map(({ id }) => id);
    assert.equal(
      ids,
      alertRules.map(({ id }) => id),
    );
    const rule = listed[0] as (typeof listed)[number];
    // sqrt(q / 8 (1/400 + 1/500)), q the quantile of chi-squared with 4 degrees of freedom above 2 %, and above 0.002 %.
    const thresholds = { warning_threshold: 0.0810133, critical_threshold: 0.1232078 };
    for (const [name, exact] of Object.entries(thresholds)) {
      const relative = Math.abs((rule[name] as number) / exact - 1);
      assert.ok(relative < 0.02, `${name}: ${rule[name]}, ${exact}`);
    }
    const given = [(rule['metric'] as { id: string }).id, rule['bin_size'], rule['condition']];
    assert.equal(given, ['jsd', 'Day', 'greater']);
  },
);

/** It saw blur in windows of 500 images, and not in smaller ones. */
function drillOf(method: string): DrillTable {
  return {
    ...{ profileSha256: null, weightsSha256: null, images: 1_000, alpha: 0.02, seed: 0, levels: [1, 2] },
    ...{ windowSizes: [100, 500, 1_000], windows: [20, 20, 20] },
    clean: { accuracy: 0.9, alarms: [{ method, shares: [0, 0.05, 0] }] },
    rows: [
      {
        ...{ corruption: 'blur', summary: 'out of focus', unit: 'px', strengths: [1, 2], accuracy: [0.8, 0.5] },
        alarms: [
          {
            method,
            shares: [
              [0, 0.4, 1],
              [0.1, 1, 1],
            ],
          },
        ],
        seenFrom: [{ method, levels: [null, 2, 1] }],
      },
    ],
  };
}

onboarding('columns that Fiddler does not get are told', async ({ client }) => {
  const events = join(folder, 'columns.csv');
  const rows = Array.from({ length: 12 }, (_, i) => `"[${i % 3}, ${i}]",e${i},north,cam-${i % 2}`);
  writeFileSync(events, `embeddings,event_id,site,camera\n${rows.join('\n')}\n`);
  const { notices } = await onboard(client, { ...MODEL, events, clusters: 2 });
  assert.match(notices.join(' '), /Left out, and not sent to Fiddler: site, camera\. --metadata site/);
});

onboarding('other weights than those that the model was made from are refused', async ({ client }) => {
  const centroidsOut = join(folder, 'weights.centroids.json');
  await onboard(client, { ...REFERENCE, centroidsOut });
  const weightsSha256 = 'b'.repeat(64);
  const events = await writeEvents(join(folder, 'weights.parquet'), { rows: 50, seed: 3 }, { weightsSha256 });
  await refusal('EVENTS_OTHER_WEIGHTS', () => onboard(client, { events, ...MODEL, centroidsOut }), /bbbb.*aaaa/s);
});

onboarding('centroids of another project are not replaced under the default name', async ({ run }) => {
  const name = `${MODEL.model}.centroids.json`;
  const other = ['onboard', reference, '--model', MODEL.model, '--project', 'elsewhere'];
  const place = temporaryFolder();
  endedWith(0, await run(['onboard', reference, ...TARGET], place));
  const before = readFileSync(join(place, name), 'utf8');
  endedWith(0, await run(['onboard', reference, ...TARGET], place));
  endedWith(4, await run(other, place), /OUTPUT_IS_OTHER: .*is the centroids of project /);
  assert.is(readFileSync(join(place, name), 'utf8'), before);
  endedWith(0, await run([...other, '--centroids-out', name], place), /replaces the centroids of project/);
});

onboarding('centroids of another project in the file say nothing of this one', async ({ client }) => {
  const centroidsOut = join(folder, 'projects.centroids.json');
  const weightsSha256 = 'b'.repeat(64);
  const events = await writeEvents(join(folder, 'theirs.parquet'), { rows: 50, seed: 4 }, { weightsSha256 });
  await onboard(client, { ...REFERENCE, events, project: 'elsewhere', centroidsOut });
  await onboard(client, REFERENCE);
  const { created, centroids } = await onboard(client, { ...REFERENCE, centroidsOut });
  assert.equal(created, { project: false, model: false });
  assert.equal([centroids!.project, centroids!.weightsSha256], [MODEL.project, 'a'.repeat(64)]);
  assert.is((await readCentroids(centroidsOut)).project, MODEL.project);
});

onboarding('alert rules that cannot be used are refused before anything is sent', async ({ client, writes }) => {
  const file = join(folder, 'unusable.json');
  const before = writes();
  for (const [text, code] of [
    ['{"neither": "nor"}', 'ALERTS_FILE'],
    ['[{"name": "no threshold", "metric_id": "jsd"}]', 'ALERTS_FILE'],
    ['[', 'ALERTS_FILE'],
    [JSON.stringify(drillJson({ ...drillOf('js'), weightsSha256: 'c'.repeat(64) })), 'ALERTS_FILE'],
  ] as const) {
    writeFileSync(file, text);
    await refusal(code, () => onboard(client, { ...REFERENCE, alerts: file }));
  }
  await refusal('FILE_NOT_FOUND', () => onboard(client, { ...REFERENCE, alerts: join(folder, 'none.json') }));
  assert.equal(writes(), before, 'no project, no model');
});

onboarding('clusters that are asked for are compared, those that are not are left', async ({ client }) => {
  await onboard(client, { ...REFERENCE, clusters: 3 });
  assert.is((await onboard(client, REFERENCE)).created.model, false);
  await refusal('MODEL_DIFFERS', () => onboard(client, { ...REFERENCE, clusters: 4 }), /clusters of image_feature/);
});

onboarding('answers that are cut off or lost leave one project and one model', async () => {
  for (let seed = 0; seed < 8; seed++) {
    const broken = await localFiddler({ faults: { '500': 0.2, reset: 0.15 }, seed });
    try {
      const { project, model } = await onboard(broken.client, REFERENCE);
      const lists = [broken.client.projects.list(), broken.client.models.list(project.id)];
      const ids = await Promise.all(
        lists.map(async (list) => (await collect<{ id: string }>(list)).map(({ id }) => id)),
      );
      assert.equal(ids, [[project.id], [model.id]], `seed ${seed}`);
    } finally {
      await broken.close();
    }
  }
});

onboarding('a name against the rules is refused by the server, with one that would do', async ({ client }) => {
  const project = await refusal('NAME_REFUSED', () => onboard(client, { ...REFERENCE, project: 'Image-Monitoring' }));
  assert.match(project.message, /the server says/);
  assert.match(project.hint ?? '', /--project image_monitoring/);
  const model = await refusal('NAME_REFUSED', () => onboard(client, { ...REFERENCE, model: 'resnet-18' }));
  assert.match(model.hint ?? '', /--model resnet_18/);
});

/** Publishes a table whole, as one file. */
async function publish(
  { client }: LocalFiddler,
  modelId: string,
  path: string,
  baseline: string | null,
): Promise<void> {
  const { id: fileId } = await client.files.upload({ path }, { filename: 'events.parquet' });
  const environment = { envType: baseline === null ? 'PRODUCTION' : 'PRE_PRODUCTION', envName: baseline } as const;
  const job = await client.events.publishFile({ modelId, fileId, ...environment });
  await client.jobs.wait(job.id, { intervalSeconds: 0.05 });
}

onboarding.long('the server charts the number that was known before, by the day and by the week', async (fiddler) => {
  const run = (...args: string[]) => fiddler.run(args, folder);
  const days = (row: number) => TODAY - (1 + (row % 3)) * DAY + (row % 97) * 800_000;
  const made4 = { rows: 300, seed: 4, shift: 2, time: days };
  const production = await writeEvents(join(folder, 'production.parquet'), made4);
  const other = await writeEvents(join(folder, 'other.parquet'), { rows: 300, seed: 5, time: days });

  endedWith(0, await run('onboard', 'reference.parquet', ...TARGET));
  const again = await run('onboard', 'reference.parquet', ...TARGET);
  assert.match(again.stderr, /Nothing was changed on the server/);
  assert.ok(existsSync(join(folder, 'resnet18.centroids.json')));
  const project = (await fiddler.client.projects.byName(MODEL.project))!;
  const model = (await fiddler.client.models.byName(project.id, MODEL.model))!;
  await publish(fiddler, model.id, reference, 'reference');
  await publish(fiddler, model.id, production, null);

  for (const bin of ['Day', 'Week'] as const) {
    const options = { model, baseline: 'reference', baselineEvents: reference, published: [production], bin };
    const { agrees, bins, offered } = await verify(fiddler.client, options);
    assert.equal(offered, { histograms: true, 'analytics/metrics': true, queries: true });
    assert.ok(agrees, JSON.stringify(bins, null, 1));
    const seen = bins.reduce((sum, { rows }) => sum + rows, 0);
    assert.is(seen, 300);
    for (const { ours, server } of bins) {
      assert.equal([server.histogram!.baseline, server.histogram!.production], [ours.baseline, ours.production]);
      assert.ok(ours.jsd > 0.01, 'there is something to see');
    }
  }

  const flags = [...TARGET, '--baseline', 'reference', '--baseline-events', 'reference.parquet'];
  const same = endedWith(0, await run('verify', 'production.parquet', ...flags));
  assert.match(same.stdout, /Every number of the server is ours/);

  // The number before: by centroids from the server, and from the file.
  endedWith(0, await run('baseline', 'reference.parquet'));
  const against = '--baseline profile.json --window 1d --json --baseline-events reference.parquet'.split(' ');
  const drift = ['drift', 'production.parquet', ...against];
  const before = printedJson(await run(...drift, '--centroids', 'server', ...TARGET)).fiddler;
  const { windows } = printedJson(await run('verify', 'production.parquet', ...flags, '--json'));
  assert.is(before.windows.length, 3);
  for (const [i, window] of before.windows.entries()) {
    assert.equal([window.name, window.rows], [windows[i].name, windows[i].rows]);
    for (const source of ['histograms', 'analytics/metrics', 'queries']) {
      assert.ok(Math.abs(window.jsd - windows[i].server[source].jsd) < 1e-9, source);
      assert.ok(Math.abs(window.psi - windows[i].server[source].psi) < 1e-9, source);
    }
  }
  const fromFile = printedJson(await run(...drift, '--centroids', 'resnet18.centroids.json')).fiddler;
  assert.equal(fromFile.windows, before.windows);

  assert.ok(existsSync(other));
  const differs = endedWith(3, await run('verify', 'other.parquet', ...flags));
  assert.match(differs.stdout, /3 of 3 differ/);
  assert.match(differs.stdout, /bin +baseline ours +server +production ours +server\ncluster 1 /);
});

onboarding('events that publish spread over days are verified by its journal', async (fiddler) => {
  const run = (...args: string[]) => fiddler.run(args, folder);
  const weeks = ['week1.parquet', 'week2.parquet'];
  for (const [i, week] of weeks.entries())
    await writeEvents(join(folder, week), { rows: 150, seed: 10 + i, shift: 5 * i });
  endedWith(0, await run('onboard', 'reference.parquet', ...TARGET));
  endedWith(0, await run('publish', 'reference.parquet', ...TARGET, '--baseline', 'reference'));
  const spread = ['--timestamps', 'spread', '--days', '3', '--rows-per-day', '100', '--journal', 'weeks.jsonl'];
  endedWith(0, await run('publish', ...weeks, ...TARGET, ...spread));

  const flags = [...TARGET, '--baseline', 'reference', '--baseline-events', 'reference.parquet', '--json'];
  const { windows, agrees } = printedJson(await run('verify', '--journal', 'weeks.jsonl', ...flags));
  assert.equal([agrees, windows.map(({ rows }: { rows: number }) => rows)], [true, [100, 100, 100, 100, 100, 100]]);
  const jsd = windows.map(({ ours }: { ours: { jsd: number } }) => ours.jsd);
  assert.ok(Math.min(...jsd.slice(3)) > Math.max(...jsd.slice(0, 3)), `the second week drifted: ${jsd}`);
});

onboarding('no address, no token, no such project: coded, with what to do', async (fiddler) => {
  const code = (status: number, run: CliRun) => JSON.parse(endedWith(status, run).stderr).error.code;
  const onboardArgs = ['onboard', 'reference.parquet', ...TARGET, '--json'];
  const nowhere = { FIDDLER_URL: '', FIDDLER_TOKEN: 'x' };
  assert.is(code(4, runCli(onboardArgs, { cwd: folder, env: nowhere })), 'URL_MISSING');
  const nobody = { FIDDLER_URL: fiddler.client.url, FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: '' };
  assert.is(code(4, runCli(onboardArgs, { cwd: folder, env: nobody })), 'TOKEN_MISSING');

  const flags = ['verify', 'reference.parquet', '--baseline', 'b', '--baseline-events', 'reference.parquet', '--json'];
  const missing = await fiddler.run([...flags, '--project', 'none', '--model', 'm'], folder);
  assert.is(code(4, missing), 'PROJECT_MISSING');
  assert.is(code(2, await fiddler.run(flags, folder)), 'USAGE');
});
