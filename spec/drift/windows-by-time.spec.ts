import { Random } from '../../base/index.js';
import { type DriftBatch, fitProfile, WindowCounter, type WindowLength, WindowsByTime } from '../../drift/index.js';
import { windowName } from '../../drift/windows/time-windows.js';
import { assert, test } from '../support/test.js';
import { fixture, mixture, refused, slice, tuples } from './support.js';

const profile = fitProfile({ embeddings: mixture(200, 4, 3, 1) }, {}, { clusters: 3 });

function at(...times: (string | null)[]): DriftBatch {
  const timestamps = times.map((time) => (time === null ? null : Date.parse(time)));
  return { embeddings: mixture(times.length, 4, 3, 2), timestamps };
}

function names(length: WindowLength, batch: DriftBatch): [string, number][] {
  const windows = new WindowsByTime(profile, length);
  windows.add(batch);
  return windows.windows().map(({ name, summary }) => [name, summary.rows]);
}

const calendar = fixture<
  Record<WindowLength, [name: string, rows: number][]> & { times: string[]; weeks: [monday: string, name: string][] }
>('calendar.json');

test('hours, days and weeks in UTC; the edges belong to what begins there', () => {
  const batch = at(...calendar.times);
  // Mondays begin weeks.
  for (const length of ['1h', '1d', '1w'] as const) assert.equal(names(length, batch), calendar[length]);
});

test('weeks are named as ISO 8601 has them, around the turn of years', () => {
  for (const [monday, name] of calendar.weeks) assert.is(windowName(Date.parse(monday), '1w'), name);
});

test('rows without a timestamp are counted, and in no window', () => {
  const windows = new WindowsByTime(profile, '1d');
  windows.add(at('2026-01-01', null, null));
  windows.add({ embeddings: mixture(4, 4, 3, 3) });
  assert.is(windows.untimed, 6);
  assert.is(windows.windows()[0]!.summary.rows, 1);
});

test('a window is what a counter of its rows gives, with their numbers in the file', () => {
  const random = new Random(4);
  const embeddings = mixture(300, 4, 3, 5);
  const timestamps = Array.from({ length: 300 }, () => random.below(3) * 86_400_000 + 1);
  const statistics = { brightness: Float64Array.from({ length: 300 }, () => random.uniform()) };
  const windows = new WindowsByTime(profile, '1d');
  for (const [from, to] of tuples('0 100; 100 300')) {
    windows.add({
      embeddings: slice(embeddings, from, to),
      timestamps: timestamps.slice(from, to),
      statistics: { brightness: statistics.brightness.slice(from, to) },
    });
  }
  for (const { start, summary } of windows.windows()) {
    const counter = new WindowCounter(profile);
    for (let row = 0; row < 300; row++) {
      if (timestamps[row] !== start + 1) continue;
      counter.add({ embeddings: slice(embeddings, row, row + 1), timestamps: [start + 1], rowNumbers: [row] });
    }
    assert.equal(summary, counter.summary());
  }
});

test('timestamps in the wrong unit, and windows that do not exist', () => {
  const spread = {
    embeddings: mixture(10_001, 4, 3, 6),
    timestamps: Array.from({ length: 10_001 }, (_, i) => i * 3_600_000),
  };
  refused(() => new WindowsByTime(profile, '1h').add(spread), 'TOO_MANY_WINDOWS', /more than 10,000 windows of 1h/);
  refused(() => new WindowsByTime(profile, '2d' as WindowLength), 'WINDOW_LENGTH_UNKNOWN', /2d: known are 1h, 1d, 1w/);
  const outside = { embeddings: mixture(1, 4, 3, 7), timestamps: [9e15] };
  refused(() => new WindowsByTime(profile, '1d').add(outside), 'TIMESTAMP_INVALID', /9000000000000000/);
  const first = { embeddings: mixture(1, 4, 3, 7), timestamps: [-8.64e15] };
  const windows = new WindowsByTime(profile, '1w');
  windows.add(first);
  assert.is(windows.windows().length, 1);
});
