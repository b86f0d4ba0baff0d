import { Random } from '../../base/index.js';
import { type DriftBatch, fitProfile, parseProfile, profileToJson } from '../../drift/index.js';
import {
  addSums,
  checkBaseline,
  type MonitorPromise,
  type MonitorWindow,
  runMonitor,
  sumsOf,
} from '../../monitor/index.js';
import { assert, test } from '../support/test.js';

const DAY = 86_400_000;
const PROMISE: MonitorPromise = { falseAlarmEvery: 365 * DAY, window: DAY, season: null, by: null, group: null };
const COLUMNS = 8;

function rows(count: number, random: Random, shift = 0): DriftBatch {
  const data = Float32Array.from(
    { length: count * COLUMNS },
    (_, i) => random.normal() + (i % COLUMNS === 0 ? shift : 0),
  );
  return { embeddings: { rows: count, columns: COLUMNS, data } };
}

function windowsOf(profile: ReturnType<typeof fitProfile>, shifts: readonly number[], random: Random): MonitorWindow[] {
  return shifts.map((shift, day) => {
    return { from: day * DAY, to: (day + 1) * DAY, all: sumsOf(profile, rows(100, random, shift)), by: new Map() };
  });
}

const profile = fitProfile(rows(2_000, new Random(1)));

test('quiet windows do not alarm, and a shift does soon, with the day that it began', () => {
  const shifts = Array.from({ length: 60 }, (_, day) => (day < 40 ? 0 : 0.4));
  const { alarm, timeline } = runMonitor(profile, PROMISE, windowsOf(profile, shifts, new Random(5)));
  assert.ok(alarm !== null);
  assert.ok(alarm.at >= 40 * DAY && alarm.at <= 46 * DAY, `${alarm.at / DAY}`);
  assert.ok(Math.abs(alarm.since / DAY - 40) <= 2, `${alarm.since / DAY}`);
  assert.ok(alarm.sinceLow <= alarm.since && alarm.since <= alarm.sinceHigh);
  assert.equal(timeline.filter(({ alarmed }) => alarmed).length, 60 - alarm.at / DAY);
});

test('an acknowledgement ends an alarm, and the change alarms again', () => {
  const shifts = Array.from({ length: 80 }, (_, day) => (day < 40 ? 0 : 0.4));
  const windows = windowsOf(profile, shifts, new Random(2));
  const { alarms } = runMonitor(profile, PROMISE, windows, [{ at: 60 * DAY }]);
  assert.equal(
    alarms.map(({ acknowledged }) => acknowledged),
    [60 * DAY, null],
  );
  assert.ok(alarms[1]!.at >= 60 * DAY);
});

test('a profile keeps its sums as JSON, and those of shards add up to those of all rows', () => {
  const text = profileToJson(profile);
  assert.equal(profileToJson(parseProfile(text, 'profile.json')), text);
  assert.equal(parseProfile(text, 'profile.json').monitor?.all.rows, 2_000);
});

test('sums of two halves are those of the whole', () => {
  const whole = rows(300, new Random(3));
  const half = (from: number, to: number): DriftBatch => {
    return {
      embeddings: {
        rows: to - from,
        columns: COLUMNS,
        data: whole.embeddings.data.slice(from * COLUMNS, to * COLUMNS),
      },
    };
  };
  assert.equal(addSums(sumsOf(profile, half(0, 120)), sumsOf(profile, half(120, 300))), sumsOf(profile, whole));
});

test('a small baseline does not carry the promise, and a larger one does', () => {
  const small = checkBaseline(fitProfile(rows(60, new Random(4))), PROMISE);
  assert.equal(small.enough, false);
  assert.ok(small.rowsNeeded > 60);
  assert.equal(checkBaseline(profile, PROMISE).enough, true);
});
