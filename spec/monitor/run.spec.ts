import { Random } from '../../base/index.js';
import { fitProfile, type Profile } from '../../drift/index.js';
import { FeatureModel, MonitorError, type MonitorWindow, runMonitor, SumsCounter } from '../../monitor/index.js';
import { assert, test } from '../support/test.js';
import { DAY, PROMISE, profile, rows, rowsOfDays, windowOf, windowsOf } from './streams.js';

const SHIFT = 0.4;

function days(count: number, shiftOf: (day: number) => number | null): (number | null)[] {
  return Array.from({ length: count }, (_, day) => shiftOf(day));
}

test('a shift alarms soon, with the day that it began', () => {
  const shifts = days(60, (day) => (day < 40 ? 0 : SHIFT));
  const { alarm, timeline } = runMonitor(profile, PROMISE, windowsOf(profile, shifts, new Random(5)));
  assert.ok(alarm !== null);
  assert.ok(alarm.at >= 40 * DAY && alarm.at <= 45 * DAY, `${alarm.at / DAY}`);
  assert.ok(Math.abs(alarm.since / DAY - 40) <= 2, `${alarm.since / DAY}`);
  assert.ok(alarm.sinceLow <= 40 * DAY && 40 * DAY <= alarm.sinceHigh);
  assert.ok(alarm.statistic > alarm.limit);
  assert.equal(timeline.filter(({ alarmed }) => alarmed).length, 60 - alarm.at / DAY);
});

test('quiet years alarm as seldom as promised', () => {
  let alarms = 0;
  for (let stream = 0; stream < 24; stream++) {
    const random = Random.stream(3, stream);
    const own = fitProfile(rows(600, random), {}, { restarts: 1 });
    if (runMonitor(own, PROMISE, windowsOf(own, new Array<number>(120).fill(0), random)).alarms.length > 0) alarms++;
  }
  // Of 24, 6.7 are promised within 120 days.
  assert.ok(alarms <= 6, `${alarms} of 24`);
});

test('an acknowledgement ends an alarm, and a change that stays alarms again', () => {
  const shifts = days(80, (day) => (day < 40 ? 0 : SHIFT));
  const windows = windowsOf(profile, shifts, new Random(5));
  const { alarms, alarm } = runMonitor(profile, PROMISE, windows, [{ at: 60 * DAY }]);
  assert.equal(
    alarms.map(({ acknowledged }) => acknowledged),
    [60 * DAY, null],
  );
  assert.ok(alarms[1]!.at >= 60 * DAY && alarms[1]!.at < 70 * DAY);
  assert.is(alarm, alarms[1]);
  // One that was given before the alarm's window was over is not of this alarm.
  assert.is(runMonitor(profile, PROMISE, windows, [{ at: 20 * DAY }]).alarms.length, 1);
  const after = runMonitor(profile, PROMISE, windows, [{ at: 80 * DAY }]);
  assert.is(after.alarm, null);
});

test('a change that was acknowledged and is over alarms no more, since its days are no reference', () => {
  const shifts = days(120, (day) => (day >= 40 && day < 60 ? SHIFT : 0));
  const { alarms } = runMonitor(profile, PROMISE, windowsOf(profile, shifts, new Random(6)), [{ at: 62 * DAY }]);
  assert.is(alarms.length, 1);
});

test('days without rows are a gap, and no change', () => {
  const shifts = days(90, (day) => (day >= 20 && day < 50 ? null : 0));
  const windows = windowsOf(profile, shifts, new Random(7));
  assert.is(windows.length, 60);
  assert.equal(runMonitor(profile, PROMISE, windows).alarms, []);
});

test('windows of few rows wait for each other', () => {
  const random = new Random(8);
  const windows = Array.from({ length: 40 }, (_, day) => windowOf(profile, day, rows(7, random)));
  const judged = runMonitor(profile, PROMISE, windows).timeline.map(({ tests }) => tests.length > 0);
  // Two windows have 14 rows of the least 20.
  assert.equal(judged.slice(0, 6), [false, false, true, false, false, true]);
});

test('what changes so slowly that it is learnt is seen beside the frozen baseline', () => {
  const large = fitProfile(rows(8_000, new Random(2)), {}, { restarts: 1 });
  const windows = windowsOf(
    large,
    days(300, (day) => (0.2 * day) / 300),
    new Random(9),
  );
  const { alarms } = runMonitor(large, PROMISE, windows);
  assert.is(alarms.length, 1);
  const { tests } = runMonitor(large, { ...PROMISE, falseAlarmEvery: 1e9 * DAY }, windows).timeline.at(-1)!;
  const ratioOf = (name: string) => {
    return Math.max(...tests.filter(({ test }) => test === name).map(({ statistic, limit }) => statistic / limit));
  };
  assert.ok(ratioOf('month') > 2 * ratioOf('average'), `${ratioOf('month')} and ${ratioOf('average')}`);
});

test('weekdays are compared with their own kind where a season is named', () => {
  const random = new Random(10);
  const weekend = (day: number) => (day % 7 < 2 ? 0.5 : 0);
  const seasonal = fitProfile(rowsOfDays(35, random, weekend));
  const windows = windowsOf(seasonal, days(70, weekend), random);
  assert.equal(runMonitor(seasonal, { ...PROMISE, season: 7 * DAY }, windows).alarms, []);
  assert.is(
    runMonitor(seasonal, { ...PROMISE, season: 7 * DAY }, [...windows, ...shiftedAfter(seasonal, 70)]).alarms.length,
    1,
  );
});

function shiftedAfter(own: Profile, day: number): MonitorWindow[] {
  const random = new Random(11);
  return Array.from({ length: 14 }, (_, i) => windowOf(own, day + i, rows(100, random, 0.8)));
}

test('one camera of four alarms by its name', () => {
  const random = new Random(12);
  const model = new FeatureModel(profile);
  const windows = Array.from({ length: 60 }, (_, day): MonitorWindow => {
    const all = new SumsCounter(model, true);
    const by = new Map(
      ['a', 'b', 'c', 'd'].map((camera) => {
        const own = new SumsCounter(model, false);
        const batch = rows(50, random, camera === 'c' && day >= 40 ? 0.6 : 0);
        for (const counter of [all, own]) for (let row = 0; row < 50; row++) counter.add(batch, row);
        return [camera, own.sums()] as const;
      }),
    );
    return { from: day * DAY, to: (day + 1) * DAY, all: all.sums(), by };
  });
  const run = runMonitor(profile, { ...PROMISE, by: 'camera' }, windows);
  const reversed = windows.map((window) => ({ ...window, by: new Map([...window.by].reverse()) }));
  assert.equal(runMonitor(profile, { ...PROMISE, by: 'camera' }, reversed), run, 'whichever came first');
  const { alarm } = run;
  assert.is(alarm?.by, 'c');
  assert.ok(alarm!.at >= 40 * DAY && alarm!.at < 50 * DAY);
});

test('a profile without sums is refused, with the command that makes it', () => {
  assert.throws(
    () => runMonitor({ ...profile, monitor: null }, PROMISE, []),
    (error: unknown) => error instanceof MonitorError && error.code === 'PROFILE_WITHOUT_SUMS',
  );
  const { heldOut } = profile.monitor!;
  const short = { ...profile.monitor!, heldOut: { ...heldOut, features: heldOut.features.slice(1) } };
  assert.throws(
    () => runMonitor({ ...profile, monitor: short }, PROMISE, []),
    (error: unknown) => error instanceof MonitorError && error.code === 'PROFILE_SUMS_INVALID',
  );
});
