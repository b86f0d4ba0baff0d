import { Random } from '../../base/index.js';
import {
  BaselineCounter,
  type DriftBatch,
  emptyProfile,
  fitProfile,
  mergeProfiles,
  parseProfile,
  profileToJson,
  takeRows,
} from '../../drift/index.js';
import { addSums, checkBaseline, sumsOf } from '../../monitor/index.js';
import { assert, test } from '../support/test.js';
import { DAY, PROMISE, profile, rows, rowsOfDays } from './streams.js';

test('sums of two halves are those of the whole', () => {
  const whole = rows(300, new Random(3));
  const half = (from: number, to: number) => sumsOf(profile, takeRows(whole, range(from, to)));
  assert.equal(addSums(half(0, 120), half(120, 300)), sumsOf(profile, whole));
  assert.throws(
    () => addSums(sumsOf(profile, whole), sumsOf(fitProfile(rows(60, new Random(1)), {}, { clusters: 2 }), whole)),
    /sums of 4 and of 3 counted|another profile/,
  );
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

test('a baseline keeps sums of its days and segments, and those of shards merge to the same bytes', () => {
  const batch: DriftBatch = {
    ...rowsOfDays(12, new Random(4), () => 0),
    segments: { camera: Array.from({ length: 1_200 }, (_, row) => (row % 5 === 0 ? null : `${row % 3}`)) },
  };
  const whole = fitProfile(batch);
  const monitor = whole.monitor!;
  assert.equal([...monitor.days.keys()], range(0, 12));
  assert.is(monitor.days.get(3)!.rows, 100);
  assert.equal([...monitor.by.get('camera')!.keys()], ['0', '1', '2']);
  const fitted = emptyProfile(whole);
  const shard = (from: number, to: number) => {
    const counter = new BaselineCounter(fitted, { firstRow: from });
    counter.add(takeRows(batch, range(from, to)));
    return counter.profile();
  };
  const parts = [shard(700, 1_200), shard(0, 250), shard(250, 700)];
  const text = profileToJson(parts.reduce(mergeProfiles));
  assert.is(text, profileToJson(whole));
  assert.is(profileToJson(parseProfile(text, 'profile.json')), text);
});

test('rows without a time are summed by blocks of 64', () => {
  const { blocks, days, all } = profile.monitor!;
  assert.is(days.size, 0);
  assert.is(blocks.size, Math.ceil(2_000 / 64));
  assert.is(
    [...blocks.values()].reduce((sum, block) => sum + block.features[0]!, 0),
    all.features[0],
  );
});

test('a small baseline does not carry the promise, and a larger one does', () => {
  const small = checkBaseline(fitProfile(rows(50, new Random(4))), PROMISE);
  assert.is(small.enough, false);
  assert.is(small.falseAlarmEvery, 0);
  assert.ok(small.rowsNeeded > 100 && small.rowsNeeded < 300, `${small.rowsNeeded}`);
  const large = checkBaseline(profile, PROMISE);
  assert.equal([large.enough, large.rowsNeeded, large.falseAlarmEvery], [true, 2_000, 365 * DAY]);
  assert.match(large.reasons.join(), '0 days with times');
});

test('a season needs two days of each kind, and weekdays that differ need a season', () => {
  const weekend = (day: number) => (day % 7 < 2 ? 0.5 : 0);
  const short = checkBaseline(fitProfile(rowsOfDays(10, new Random(5), weekend)), { ...PROMISE, season: 7 * DAY });
  assert.equal([short.enough, short.daysNeeded], [false, 14]);
  const long = fitProfile(rowsOfDays(35, new Random(5), weekend));
  assert.is(checkBaseline(long, { ...PROMISE, season: 7 * DAY }).enough, true);
  const without = checkBaseline(long, PROMISE);
  assert.is(without.enough, false);
  assert.match(without.reasons.join(), '--season 7d');
  assert.is(checkBaseline(fitProfile(rowsOfDays(35, new Random(6), () => 0)), PROMISE).enough, true);
});
