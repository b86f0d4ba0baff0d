import { Random } from '../../base/index.js';
import { type DriftBatch, fitProfile, mergeProfiles, parseProfile, profileToJson } from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { judged, refused, shardsOf } from './support.js';

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

const comparedWith = (batch: DriftBatch, against = profile, options = {}) =>
  judged(against, batch, { draws: 199, ...options });

function notesOf(...args: Parameters<typeof comparedWith>) {
  const { verdict, notes } = comparedWith(...args);
  return { verdict, notes };
}

const alone = (names: string) => `it is of ${names} alone, and the baseline's days of the week differ (p < 0.001)`;
const compared = (names: string, rows: number) => [
  `${alone(names)}: it is compared with the baseline's ${rows} rows of such days, its causes with all days`,
];

test('a weekend is compared with weekends, and days with such days', () => {
  assert.equal(notesOf(rowsOf([33], 150, 2)), { verdict: 'too few rows', notes: compared('Saturdays', 240) });
  assert.equal(notesOf(rowsOf([33, 34], 150, 3)), {
    verdict: 'too few rows',
    notes: compared('Saturdays and Sundays', 480),
  });
  assert.equal(notesOf(rowsOf([33, 34, 40, 41], 60, 9)).notes, compared('Saturdays and Sundays', 480), 'two weekends');
  assert.equal(notesOf(rowsOf([28], 300, 10)), { verdict: 'too few rows', notes: compared('Mondays', 240) });
  const { verdict, methods, clusters } = comparedWith(rowsOf([33], 300, 11, 0));
  assert.is(verdict, 'drift', 'a Saturday like a weekday');
  assert.is(methods['mmd'], undefined);
  assert.ok(clusters.baseline.every((share) => Number.isInteger(Math.round(1e6 * share * 240) / 1e6)));
});

test('whole weeks, days that are alike and short baselines are compared with all rows', () => {
  assert.equal(notesOf(rowsOf([28, 29, 30, 31, 32, 33, 34], 60, 4, 4)), { verdict: 'drift', notes: [] });
  const alike = fitProfile(rowsOf(days(28), 60, 5, 0), { groupName: 'none' });
  assert.equal(notesOf(rowsOf([33], 150, 6), alike), { verdict: 'drift', notes: [] }, 'days of the baseline are alike');
  const short = fitProfile(rowsOf(days(14), 120, 7), { groupName: 'none' });
  assert.equal(notesOf(rowsOf([33], 150, 8), short).notes, [], 'two weeks say nothing of weekends');
  assert.ok(
    comparedWith(rowsOf([33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 34], 30, 12)).notes[0]!.includes('Saturdays and'),
  );
});

test('where days cannot be compared, the output says why', () => {
  const named = notesOf(rowsOf([33], 150, 2), profile, { methods: ['js'] });
  assert.equal(named.notes, [`${alone('Saturdays')}; but it is compared with all days, since methods were named`]);
  const few = fitProfile(rowsOf(days(28), 11, 13, 4), { groupName: 'none' });
  assert.equal(notesOf(rowsOf([33], 150, 14, 4), few).notes, [
    `${alone('Saturdays')}; but it is compared with all days, since there are only 44 rows of such days`,
  ]);
  const weekdays = fitProfile(
    rowsOf(
      days(28).filter((day) => day % 7 < 5),
      60,
      15,
    ),
    { groupName: 'none' },
  );
  assert.equal(notesOf(rowsOf([33], 150, 16), weekdays).notes, [
    'it is of Saturdays alone, and the baseline does not have rows of each of these days',
  ]);
});

test('days are in the file of a profile, and merge', () => {
  assert.equal(parseProfile(profileToJson(profile), 'p.json'), profile);
  const shards = shardsOf(profile, rowsOf(days(28), 60, 1), [0, 600]);
  assert.equal(shards.reduce(mergeProfiles).weekdays, profile.weekdays);
  const broken = JSON.parse(profileToJson(profile));
  const [{ values }] = broken.weekdays.days;
  values.push(...values);
  broken.weekdays.days[0].values = values.map((one: object, i: number) => ({ ...one, value: String(i) }));
  refused(() => parseProfile(JSON.stringify(broken), 'p.json'), 'PROFILE_COUNTS_INVALID', /weekdays count/);
});
