import { Random } from '../../base/index.js';
import { compareKeys } from '../../data/images/sources/listing.js';
import { SortedSpool, type SpooledRecord } from '../../data/images/sources/sorted-spool.js';
import { assert, collect, test } from '../support/test.js';

async function all(spool: SortedSpool, first?: number): Promise<SpooledRecord[]> {
  return (await collect(spool.sorted(first))).flat();
}

test('as a stable sort in memory, from one run or from many', async () => {
  const random = new Random(1);
  // In the order of their bytes the last two are the other way round.
  const ends = ['\n"ü€', '\u{1f642}', '\uff5e'];
  for (const [kinds, runCharacters] of [
    [1, 2 ** 24],
    [1, 9_000],
    [3, 2 ** 24],
    [3, 100_000],
    [3, 9_000],
  ] as const) {
    const key = () => `k${random.below(300)}${ends[random.below(kinds)]}`;
    const records = Array.from({ length: 5000 }, (_, i): SpooledRecord => [key(), i, null, { odd: [i] }]);
    const wanted = [...records].sort(([a], [b]) => compareKeys(a, b));
    const spool = new SortedSpool(runCharacters);
    for (const record of records) await spool.add(record);
    assert.is(spool.count, records.length);
    assert.equal(await all(spool), wanted);
    for (const first of [0, 1, 1024, 1500, 4999, 5000]) assert.equal(await all(spool, first), wanted.slice(first));
    await spool.close();
  }
});

test('a reader may leave before the end; nothing is nothing', async () => {
  const spool = new SortedSpool(10);
  assert.equal(await all(spool), []);
  for (const key of ['c', 'a', 'b']) await spool.add([key, 'long enough for a run of its own']);
  for await (const [first] of spool.sorted()) {
    assert.is(first![0], 'a');
    break;
  }
  const keys = (await all(spool)).map(([key]) => key);
  assert.equal(keys, ['a', 'b', 'c']);
  await spool.close();
});
