import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultPlan } from '../faults.js';
import { binStart, binsWithin, shiftedBin } from '../metrics/time-bins.js';
import { isMissing, millisecondsOf, numberOf, vectorOf } from '../model/values.js';

const values = suite('emulator: values');

values('times: milliseconds, seconds, ISO 8601 with and without a zone', () => {
  const nine = Date.UTC(2026, 0, 5, 9);
  for (const value of [
    nine,
    BigInt(nine),
    String(nine),
    nine / 1000,
    new Date(nine),
    '2026-01-05T09:00:00Z',
    '2026-01-05 09:00:00',
    '2026-01-05 09:00:00+00:00',
    '2026-01-05T10:00:00.000000+01:00',
    '2026-01-05 09:00',
  ]) {
    assert.is(millisecondsOf(value), nine, String(value));
  }
  assert.is(millisecondsOf('2026-01-05'), Date.UTC(2026, 0, 5));
  assert.is(millisecondsOf('2026-01-05 09:00:00.1239'), nine + 123);
  for (const value of ['yesterday', '05/01/2026', '2026-13-01', null, undefined, {}, 1e18, Number.NaN]) {
    assert.is(millisecondsOf(value), null, String(value));
  }
});

values('bins of time: weeks from Monday, months and quarters of the calendar', () => {
  const time = Date.UTC(2026, 1, 28, 13, 5);
  const start = (size: Parameters<typeof binStart>[1]) => new Date(binStart(time, size)).toISOString();
  assert.is(start('Hour'), '2026-02-28T13:00:00.000Z');
  assert.is(start('Day'), '2026-02-28T00:00:00.000Z');
  assert.is(start('Week'), '2026-02-23T00:00:00.000Z');
  assert.is(start('Month'), '2026-02-01T00:00:00.000Z');
  assert.is(start('Quarter'), '2026-01-01T00:00:00.000Z');
  assert.is(new Date(shiftedBin(Date.UTC(2026, 0), 'Month', -2)).toISOString(), '2025-11-01T00:00:00.000Z');
  assert.is(new Date(shiftedBin(Date.UTC(2026, 0), 'Quarter', 1)).toISOString(), '2026-04-01T00:00:00.000Z');
  assert.is(binsWithin({ from: time, to: time + 1 }, 'Day').length, 1);
  assert.throws(() => binsWithin({ from: 0, to: 9e13 }, 'Hour'), /bins/);
});

values('what is missing, a number, a vector', () => {
  for (const value of [null, undefined, '', 'nan', 'NaN', 'NaT', Number.NaN])
    assert.ok(isMissing(value), String(value));
  for (const value of [0, false, ' ', 'none']) assert.not(isMissing(value));
  assert.equal(
    [numberOf('1e-3'), numberOf(5n), numberOf(true), numberOf('x'), numberOf(' '), numberOf(Infinity)],
    [0.001, 5, 1, null, null, null],
  );
  assert.equal(vectorOf('[1, 2.5]'), new Float32Array([1, 2.5]));
  assert.equal(vectorOf('[1.  2.5\n 3]'), new Float32Array([1, 2.5, 3]));
  for (const value of ['[1 ... 3]', '1, 2', [1, null], [1, 'a'], [1e39], { 0: 1 }, 5]) assert.is(vectorOf(value), null);
});

values.run();

const plan = suite('emulator: plan of faults');

plan('faults come as often as asked, and equally for one seed', () => {
  const shares = { 429: 0.1, 500: 0.05, reset: 0.02, slow: 0.05 };
  const draw = (seed: number) => {
    const faults = new FaultPlan(shares, seed);
    return Array.from({ length: 20_000 }, () => faults.next());
  };
  const drawn = draw(7);
  assert.equal(drawn, draw(7));
  assert.not.equal(drawn, draw(8));
  for (const [name, share] of Object.entries(shares)) {
    const count = drawn.filter((fault) => fault?.name === name).length;
    // Five standard deviations of a binomial.
    const spread = 5 * Math.sqrt(20_000 * share * (1 - share));
    assert.ok(Math.abs(count - 20_000 * share) < spread, `${name}: ${count}`);
  }
  const failures = drawn.filter((fault) => fault?.name === '500');
  const after = failures.filter((fault) => fault?.after).length / failures.length;
  assert.ok(after > 0.4 && after < 0.6, String(after));
});

plan.run();
