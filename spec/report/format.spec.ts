import {
  formatCount,
  formatEffect,
  formatP,
  formatPercent,
  formatPoints,
  formatRange,
  formatSpan,
  formatTime,
  formatValue,
  keepTogether,
  shorten,
} from '../../report/format.js';
import { alarmingFirst, worthWords } from '../../report/numbers/index.js';
import { assert, test } from '../support/test.js';

const plain = (text: string | null) => text?.replaceAll('\u00a0', ' ');

test('the methods that raised the alarm come first, the others in their order', () => {
  const methods = ['js', 'mmd', 'images', 'repeats'].map((name) => ({ name }));
  const first = (...alarms: (string | null)[]) =>
    alarmingFirst(
      methods,
      alarms.map((alarmed_by) => ({ alarmed_by })),
    ).map(({ name }) => name);
  assert.equal(first(null, 'images', 'js', 'images'), ['images', 'js', 'mmd', 'repeats']);
  assert.equal(first(null), ['js', 'mmd', 'images', 'repeats']);
});

test('numbers have as many digits as they deserve', () => {
  for (const [value, text] of [
    [0, '0.0000'],
    [0.00001234, '1.2e-5'],
    [0.08123, '0.0812'],
    [0.1007, '0.1007'],
    [1.23456, '1.2346'],
    [-12.345, '−12.35'],
    [12345.6, '12,346'],
  ] as const) {
    assert.is(formatValue(value), text);
  }
  assert.is(formatCount(12345), '12,345');
  assert.is(plain(formatPercent(0.9417)), '94.2 %');
  assert.is(plain(formatPoints(-0.1234)), '−12.3 pts');
  assert.is(plain(formatPoints(0.05)), '+5.0 pts');
  assert.is(formatEffect(-1.938), '−1.94');
  assert.is(formatP(0.0004), 'p < 0.001');
  assert.is(formatP(0.0321), 'p = 0.032');
  assert.is(formatP(0.7109), 'p = 0.711');
  assert.is(formatRange(0.01, 0.045), '0.0100–0.0450');
});

test('what is not known is said to be so, never NaN', () => {
  for (const format of [formatCount, formatValue, formatPercent, formatPoints, formatEffect, formatP]) {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) assert.is(format(value), 'not known');
  }
  assert.is(formatRange(null, 1), 'not known');
});

test('times and spans, in UTC', () => {
  assert.is(formatTime('2024-03-14T09:30:00.000Z'), '14 Mar 2024, 09:30 UTC');
  assert.is(formatTime('yesterday'), 'yesterday');
  assert.is(formatSpan('2024-03-01T00:00:00Z', '2024-03-07T12:00:00Z'), '1 Mar 2024 to 7 Mar 2024');
  assert.is(formatSpan('2024-03-01T00:00:00Z', '2024-03-01T23:59:59Z'), '1 Mar 2024');
  assert.is(formatSpan('2024-03-01T09:00:00Z', '2024-03-01T10:00:00Z'), '1 Mar 2024, 09:00 to 10:00 UTC');
  assert.is(formatSpan(null, '2024-03-01T10:00:00Z'), null);
});

test('long names keep both ends and whole words; numbers keep their percent sign', () => {
  assert.is(shorten('short', 10), 'short');
  assert.is(shorten('production_batch_001', 16), 'production_…001');
  assert.is(shorten('production_batch_001', 11), '…001');
  assert.is(shorten('the images changed in a way that has no name here', 28), 'the images…no name here');
  assert.is([...shorten('😀'.repeat(50), 11)].length, 11);
  assert.is(keepTogether('down 84 % to 1 → 2'), 'down 84\u00a0% to 1\u00a0→\u00a02');
});

test('what rows are worth is told where it is another number', () => {
  assert.is(worthWords(1_500, 1_480, 'repeats'), null);
  assert.is(worthWords(1_500, 1_300, 'repeats'), 'worth about 1,300 independent ones, as some repeat');
});
