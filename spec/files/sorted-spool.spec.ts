/** Records sorted on the disk: in the order that memory would give, equal keys as they came, at each call. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SortedSpool, type SpooledRecord } from '../../files/index.js';
import { Random } from '../../random/index.js';

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

async function all(spool: SortedSpool): Promise<SpooledRecord[]> {
  const found: SpooledRecord[] = [];
  for await (const record of spool.sorted()) found.push(record);
  return found;
}

test('as a stable sort in memory, from one run or from many', async () => {
  const random = new Random(1);
  const records = Array.from(
    { length: 5000 },
    (_, i): SpooledRecord => [`k${random.below(900)}\n"ü€🙂`, i, null, { odd: [i] }],
  );
  const wanted = [...records].sort(([a], [b]) => compare(a, b));
  for (const runCharacters of [2 ** 24, 100_000, 9_000]) {
    const spool = new SortedSpool(compare, runCharacters);
    for (const record of records) await spool.add(record);
    assert.is(spool.count, records.length);
    assert.equal(await all(spool), wanted);
    assert.equal(await all(spool), wanted);
    await spool.close();
  }
});

test('a reader may leave before the end; nothing is nothing', async () => {
  const spool = new SortedSpool(compare, 10);
  assert.equal(await all(spool), []);
  for (const key of ['c', 'a', 'b']) await spool.add([key, 'long enough for a run of its own']);
  for await (const [key] of spool.sorted()) {
    assert.is(key, 'a');
    break;
  }
  assert.equal(
    (await all(spool)).map(([key]) => key),
    ['a', 'b', 'c'],
  );
  await spool.close();
});

test.run();
