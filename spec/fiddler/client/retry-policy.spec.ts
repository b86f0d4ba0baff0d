/** The retry policy by table, and the header that it listens to. */
import { type Attempt, DEFAULT_RETRY, decide, type Failure } from '../../../fiddler/client/retry-policy.js';
import { retryAfterSeconds } from '../../../files/index.js';
import { assert, readFixture, test } from '../../support/test.js';

const first: Attempt = { number: 1, elapsedSeconds: 0, repeatable: true, reached: true, random: 0 };
const answer = (status: number, retryAfterSeconds: number | null = null): Failure =>
  Object.freeze({ kind: 'answer', status, retryAfterSeconds });

/** What happened; to a repeatable request; to one that is not. */
const TABLE: [Failure, string, string][] = [
  [{ kind: 'unreachable' }, 'wait', 'wait'],
  [{ kind: 'lost' }, 'wait', 'unknown'],
  [{ kind: 'hopeless', sent: false }, 'refused', 'refused'],
  [{ kind: 'hopeless', sent: true }, 'refused', 'unknown'],
  [answer(429), 'wait', 'wait'],
  [answer(503, 2), 'wait', 'unknown'],
];
const REFUSED = [501, 301, 302, 400, 401, 403, 404, 405, 407, 409, 410, 413, 422, 428, 431];
for (const status of [500, 502, 504, 599]) TABLE.push([answer(status), 'wait', 'unknown']);
for (const status of REFUSED) TABLE.push([answer(status), 'refused', 'refused']);

for (const [failure, repeatable, once] of TABLE) {
  const name = failure.kind === 'answer' ? `status ${failure.status}` : failure.kind;
  test(`${name}: ${repeatable}, and ${once} where it must not be repeated`, () => {
    for (const [expected, attempt] of [
      [repeatable, first],
      [once, { ...first, repeatable: false }],
    ] as const) {
      const decision = decide(failure, attempt, DEFAULT_RETRY);
      assert.is(decision.next === 'wait' ? 'wait' : decision.because, expected);
    }
  });
}

test('waits double up to the longest, as the official client waits', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => secondsOf(answer(500), { ...first, number }));
  assert.equal(waits, [0.67, 1.34, 2.68, 5.36, 10.72, 21.44, 42.88, 60, 60]);
});

test('jitter takes away up to a half', () => {
  assert.is(secondsOf(answer(500), { ...first, random: 0.5 }), 0.67 * 0.75);
  const least = secondsOf(answer(500), { ...first, random: 0.999999 });
  assert.ok(least > 0.67 / 2 && least < 0.336);
});

test('Retry-After is a lower bound, also beyond the longest wait', () => {
  assert.is(secondsOf(answer(429, 7), first), 7);
  assert.is(secondsOf(answer(503, 120), first), 120);
  assert.is(secondsOf(answer(429, 0), first), 0.67);
  assert.is(secondsOf(answer(429, 1), { ...first, number: 6 }), 21.44);
});

test('a wait that would end after the window is not begun', () => {
  assert.equal(decide(answer(429, 301), first, DEFAULT_RETRY), { next: 'give-up', because: 'window' });
  const late = { ...first, number: 4, elapsedSeconds: 295 };
  assert.equal(decide(answer(500), late, DEFAULT_RETRY), { next: 'give-up', because: 'window' });
  assert.is(decide(answer(500), { ...late, elapsedSeconds: 294 }, DEFAULT_RETRY).next, 'wait');
});

test('a server that was never reached is given up sooner; one that answers is not', () => {
  const late = { ...first, number: 2, elapsedSeconds: 9.5, reached: false };
  assert.is(decide({ kind: 'unreachable' }, late, DEFAULT_RETRY).next, 'give-up');
  assert.is(decide({ kind: 'unreachable' }, { ...late, reached: true }, DEFAULT_RETRY).next, 'wait');
  assert.is(decide(answer(503), late, DEFAULT_RETRY).next, 'wait');
});

function secondsOf(failure: Failure, attempt: Attempt): number {
  const decision = decide(failure, attempt, DEFAULT_RETRY);
  return decision.next === 'wait' ? decision.seconds : Number.NaN;
}

const NOW = Date.UTC(2026, 0, 5, 9);
/** Retry-After, Date, and the seconds to wait. Where the server's clock is not ours, its own Date is what counts. */
const HEADERS = readFixture<[string | null, string | null, number | null][]>('fiddler', 'retry-after.json');

for (const [header, date, seconds] of HEADERS) {
  test(`Retry-After ${header} (Date ${date}) is ${seconds}`, () => {
    assert.is(retryAfterSeconds(header, date, NOW), seconds);
  });
}
