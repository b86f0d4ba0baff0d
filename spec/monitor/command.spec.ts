import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, printedJson, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';
import { eventsText, makeBaseline, writeEvents } from './monitor-events.js';

const folder = temporaryFolder();
await makeBaseline(folder, ['camera']);
const COLUMNS = ['--embedding-column', 'e*'];
const run = (words: string) => runCli([...words.split(' ')], { cwd: folder });
const runTo = (status: number, words: string, says?: string | RegExp) =>
  runCliTo(status, words.split(' '), says, { cwd: folder });
const update = (state: string, ...more: string[]) =>
  runCli(['monitor', 'update', state, ...more, ...COLUMNS], { cwd: folder });

for (let day = 0; day < 12; day++) writeEvents(folder, `quiet-${day}.csv`, { day });
for (let day = 12; day < 20; day++) writeEvents(folder, `moved-${day}.csv`, { day, shift: 1.5, camera: 'north' });
const quiet = Array.from({ length: 12 }, (_, day) => `quiet-${day}.csv`);
const moved = Array.from({ length: 8 }, (_, i) => `moved-${12 + i}.csv`);

test('init, update, an alarm that opens its tables, acknowledge: as JSON and exit codes', () => {
  const made = printedJson(run('monitor init state --baseline profile.json --by camera --json'));
  assert.is(made.enough, true);
  assert.match(made.promise, /chance of an alarm within T is at most 1 - exp\(-T \/ 365d\)/);
  const first = printedJson(update('state', ...quiet, '--json', '--fail-on-drift'));
  assert.equal(first, {
    added: 720,
    already_there: 0,
    late: 0,
    untimed: 0,
    skipped: 0,
    refused: {},
    unjudged: 0,
    alarm: null,
    not_notified: null,
  });
  const drifted = update('state', ...moved, '--json', '--fail-on-drift');
  assert.is(drifted.status, 3, drifted.stderr);
  const { alarm } = JSON.parse(drifted.stdout);
  assert.equal(alarm.by, { camera: 'north' });
  assert.is(alarm.block, 'embedding');
  assert.match(alarm.cause[0], /^darker: mean brightness/, JSON.stringify(alarm));
  assert.ok(alarm.since_low <= alarm.since && alarm.since <= alarm.since_high);
  assert.ok(Math.abs(Date.parse(alarm.since) - Date.UTC(2026, 0, 17)) <= 2 * 86_400_000, alarm.since);
  const status = printedJson(run('monitor status state --json'));
  assert.equal(status.alarm, alarm);
  const { schema, window, false_alarm_every: every, windows, rows, last } = status;
  assert.equal(
    { schema, window, every, windows, rows },
    { schema: 1, window: '1d', every: '365d', windows: 20, rows: 1200 },
  );
  assert.match(last, /^2026-01-24T23:/);
  assert.equal(Object.keys(status.timeline[0]), [
    'from',
    'to',
    'rows',
    'effective_rows',
    'statistic',
    'limit',
    'alarmed',
  ]);
  assert.ok(!JSON.stringify(status).includes('"p"'), 'no p-value of chosen days');
  assert.is(update('state', quiet[0]!, '--fail-on-drift').status, 3, 'it stays open');
  assert.equal(printedJson(run('monitor acknowledge state --json')).acknowledged, alarm);
  assert.is(printedJson(run('monitor acknowledge state --json')).acknowledged, null);
  assert.is(update('state', quiet[0]!, '--fail-on-drift').status, 0);
  const after = printedJson(run('monitor status state --json'));
  assert.is(after.alarm, null);
  assert.match(after.alarms[0].acknowledged, /^\d{4}-/);
});

test('the alarm says why its tables say nothing, where they are gone or have changed', () => {
  printedJson(run('monitor init gone --baseline profile.json --json'));
  update('gone', ...quiet);
  const paths = moved.map((name, i) => {
    const path = join(folder, `gone-${name}`);
    writeFileSync(path, eventsText({ day: 12 + i, shift: 0.7 }));
    return path;
  });
  update('gone', ...paths.slice(0, 2));
  for (const path of paths.slice(0, 2)) writeFileSync(path, 'changed');
  const { alarm } = JSON.parse(update('gone', ...paths.slice(2), '--json').stdout);
  assert.is(alarm.accuracy, null);
  assert.ok(alarm.note === null || /tables of these days/.test(alarm.note), alarm.note);
  assert.match(update('gone', quiet[0]!).stdout, /Alarm: embedding changed since 2026-01-1\d/);
});

test('for people, for the summary of a job, and for Prometheus', () => {
  const text = run('monitor status state');
  assert.match(text.stdout, /state: 20 windows, 1,200 images, the latest of 2026-01-24T23/);
  assert.match(text.stdout, /\nwindow +images +statistic +limit/);
  const markdown = run('monitor status gone --format markdown').stdout;
  assert.match(markdown, /^### image-drift: Alarm\n/);
  assert.match(markdown, '| window | images | statistic | limit | |');
  const metrics = run('monitor status gone --format openmetrics').stdout;
  assert.match(metrics, /^image_drift_alarm\{state="\/.*gone",block="embedding",by=""\} 1$/m);
  assert.match(metrics, /^image_drift_rows_total\{state="\/.*gone"\} 1200$/m);
  assert.match(metrics, /# EOF\n$/);
  const series = metrics.split('\n').flatMap((line) => (line.startsWith('image_drift') ? [line.split(' ')[0]] : []));
  assert.is(new Set(series).size, series.length, 'each series once');
  assert.match(run('monitor status state --format openmetrics').stdout, ',block="clusters",by="north"}');
});

test('check-baseline says of a profile or its events whether they carry the promise; init refuses one that does not', () => {
  const profile = printedJson(run('check-baseline profile.json --json'));
  assert.equal(Object.keys(profile).slice(0, 6), [
    'rows',
    'effective_rows',
    'days',
    'enough',
    'rows_needed',
    'false_alarm_every',
  ]);
  assert.equal([profile.rows, profile.days, profile.enough], [1680, 21, true]);
  assert.equal(
    printedJson(runCli(['check-baseline', 'reference.csv', '--json', ...COLUMNS], { cwd: folder })).rows,
    1680,
  );
  writeEvents(folder, 'small.csv', { day: -1, rows: 20 });
  runCli(['baseline', 'small.csv', '--clusters', '3', '--out', 'small.json', ...COLUMNS], { cwd: folder });
  const small = printedJson(run('check-baseline small.json --season 7d --json'));
  assert.is(small.enough, false);
  assert.equal([small.days, small.days_needed], [1, 14]);
  runTo(4, 'monitor init small --baseline small.json --season 7d', 'MONITOR_BASELINE_SMALL');
  assert.match(runTo(0, 'monitor init small --baseline small.json --season 7d --force').stdout, 'does not carry it');
  runCli(['baseline', 'reference.csv', '--clusters', '3', '--by', 'camera', '--out', 'by.json', ...COLUMNS], {
    cwd: folder,
  });
  runTo(4, 'monitor init other --baseline by.json --by site', /MONITOR_OTHER_BY: by site: by.json was made by camera/);
});

test('what is typed wrong is wrong usage; a group of commands names its own', () => {
  runTo(2, 'monitor', 'one of init, update, status, acknowledge');
  runTo(2, 'monitor updat state x.csv', 'Did you mean monitor update?');
  runTo(2, 'monitor init s --baseline profile.json --false-alarm-every soon', 'a time such as 365d');
  runTo(2, 'monitor status state more', 'monitor status: more: is one too many');
  assert.match(run('monitor --help').stdout, 'image-drift monitor acknowledge');
  assert.match(run('monitor update --help').stdout, '--fail-on-drift');
});

test('windows that nothing can judge are no quiet ones, and it says so', () => {
  const day = (number: number) => {
    writeEvents(folder, `short-${number}.csv`, { day: number });
    return `short-${number}.csv`;
  };
  const baseline = join(folder, 'short.json');
  printedJson(run(`baseline ${day(0)} --out ${baseline} --embedding-column e* --clusters 3 --json`));
  printedJson(run(`monitor init short --baseline ${baseline} --force --json`));
  assert.is(printedJson(update('short', day(3), '--json')).unjudged, 1);
  assert.match(
    update('short', day(4)).stdout,
    'No alarm, but the last 2 windows are not judged: they have too few images, or nothing says yet',
  );
  for (const words of ['monitor status short', 'monitor status short --format markdown'])
    assert.match(run(words).stdout, 'No alarm, but the last 2 windows are not judged');
  run('monitor report short --out short.html');
  assert.match(readFileSync(join(folder, 'short.html'), 'utf8'), '2 windows could not be judged');
});
