/** A window of a weekend beside a baseline of whole weeks: the output says that weekends differ in the baseline, too. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BaselineCounter,
  type DriftBatch,
  driftReport,
  fitProfile,
  mergeProfiles,
  parseProfile,
  profileToJson,
  WindowCounter,
} from '../../drift/index.js';
import { Random } from '../../random/index.js';
import { throwsCoded } from './support.js';

const COLUMNS = 4;
const DAY = 86_400_000;
const MONDAY = Date.parse('2026-11-02T00:00:00Z');

/** Rows of the given days after a Monday; those of weekends are moved. */
function rowsOf(days: readonly number[], perDay: number, seed: number, weekend = 1.5): DriftBatch {
  const random = new Random(seed);
  const day = days.flatMap((one) => new Array<number>(perDay).fill(one));
  const data = Float32Array.from({ length: day.length * COLUMNS }, (_, i) => {
    return random.normal() + (day[Math.floor(i / COLUMNS)]! % 7 >= 5 ? weekend : 0);
  });
  return {
    embeddings: { rows: day.length, columns: COLUMNS, data },
    timestamps: day.map((one, row) => MONDAY + one * DAY + (row % perDay) * 60_000),
    groups: day.map(() => null),
  };
}

const days = (count: number) => Array.from({ length: count }, (_, day) => day);
const profile = fitProfile(rowsOf(days(28), 60, 1), { groupName: 'none' });

function notesOf(batch: DriftBatch, against = profile) {
  const counter = new WindowCounter(against);
  counter.add(batch);
  const { verdict, notes } = driftReport(against, [{ name: 'window', summary: counter.summary() }], { draws: 199 })
    .windows[0]!;
  return { verdict, notes };
}

test('a weekend is named, a weekday and whole weeks are not', () => {
  const expected = (names: string) => [
    `it is of ${names} alone, which differ from other days in the baseline, too (p < 0.001): compare them with a baseline of such days`,
  ];
  assert.equal(notesOf(rowsOf([33], 150, 2)), { verdict: 'drift', notes: expected('Saturdays') });
  assert.equal(notesOf(rowsOf([33, 34], 150, 3)), { verdict: 'drift', notes: expected('Saturdays and Sundays') });
  assert.equal(notesOf(rowsOf([28, 29, 30, 31, 32, 33, 34], 60, 4, 4)).notes, [], 'a whole week');
  const alike = fitProfile(rowsOf(days(28), 60, 5, 0), { groupName: 'none' });
  assert.equal(notesOf(rowsOf([33], 150, 6), alike), { verdict: 'drift', notes: [] }, 'days of the baseline are alike');
  const short = fitProfile(rowsOf(days(14), 120, 7), { groupName: 'none' });
  assert.equal(notesOf(rowsOf([33], 150, 8), short).notes, [], 'two weeks say nothing of weekends');
});

test('days are in the file of a profile, and merge', () => {
  assert.equal(parseProfile(profileToJson(profile), 'p.json'), profile);
  const part = (from: number, to: number) => {
    const counter = new BaselineCounter(profile, { firstRow: from * 60 });
    const whole = rowsOf(days(28), 60, 1);
    const { data } = whole.embeddings;
    counter.add({
      embeddings: {
        rows: (to - from) * 60,
        columns: COLUMNS,
        data: data.subarray(from * 60 * COLUMNS, to * 60 * COLUMNS) as Float32Array,
      },
      timestamps: whole.timestamps!.slice(from * 60, to * 60),
      groups: whole.groups!.slice(from * 60, to * 60),
    });
    return counter.profile();
  };
  assert.equal(mergeProfiles(part(10, 28), part(0, 10)).weekdays, profile.weekdays);
  const broken = JSON.parse(profileToJson(profile));
  broken.weekdays.counts[0][0] += 10_000;
  throwsCoded(() => parseProfile(JSON.stringify(broken), 'p.json'), 'PROFILE_COUNTS_INVALID', /weekdays counts/);
});

test.run();
