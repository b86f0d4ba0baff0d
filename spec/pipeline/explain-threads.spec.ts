import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { type CauseSetting, encodePng, type Image } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { baselineImages, ImageHolder } from '../../pipeline/explain/baseline-images.js';
import { Budget, isBudgetUp } from '../../pipeline/explain/budget.js';
import { changedTable, LookThreads, looksAt, packed } from '../../pipeline/explain/look-threads.js';
import { DEMO_MODEL } from '../../pipeline/index.js';
import { weightsFolder } from '../../weights/index.js';
import { fashionImages } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const CAUSES: readonly CauseSetting[] = [
  { family: 'gaussian_blur', make: 'repeat', strength: 0.8 },
  { family: 'gaussian_noise', make: 'colour', strength: 0.1 },
];

async function images(): Promise<Image[]> {
  const small = await fashionImages(20);
  const large = { height: 600, width: 500, data: new Uint8Array(3 * 600 * 500).map((_, i) => i % 251) };
  return [...small, large, ...small.slice(0, 3)];
}

for (const count of [1, 3]) {
  test(`a table is the same by ${count} of them, in the order of the images`, async () => {
    const all = packed(await images());
    const threads = new LookThreads(() => {}, count);
    try {
      for (const causes of [CAUSES, [], CAUSES.toReversed()]) {
        const table = await threads.table(all, causes);
        assert.is(table.rows, 24);
        const expected = changedTable({ images: all, first: 0, end: 24, causes });
        // NaN where a statistic is not defined.
        assert.ok(Buffer.from(table.data.buffer).equals(Buffer.from(expected.buffer)));
      }
    } finally {
      await threads.close();
    }
  });
}

test('what a thread throws ends its table, and the next one is made', async () => {
  const all = packed(await images());
  const threads = new LookThreads(() => {}, 2);
  try {
    const unknown = threads.table(all, [{ family: 'gaussian_blur', make: 'none', strength: 1 }]);
    const error = await unknown.catch((thrown: Error) => thrown);
    assert.match((error as Error).message, 'gaussian_blur has no make none');
    assert.is((await threads.table(all, CAUSES)).rows, 24);
  } finally {
    await threads.close();
  }
});

test('a table ends between two of its parts when the time is up', async () => {
  const all = packed(await images());
  let parts = 0;
  const threads = new LookThreads(() => {
    if (++parts > 2) throw new CodedError('LATE', 'the time is up');
  }, 1);
  try {
    await threads.table(all, CAUSES);
    await threads.table(all, CAUSES);
    await refusal('LATE', () => threads.table(all, CAUSES));
  } finally {
    await threads.close();
  }
});

test('looks come back in the order of what is looked at, some at a time, and a failure ends them', async () => {
  const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  let [under, most] = [0, 0];
  const doubled = await looksAt([30, 1, 10, 5], async (one) => {
    most = Math.max(most, ++under);
    await wait(one);
    under--;
    return 2 * one;
  });
  assert.equal(doubled, [60, 2, 20, 10]);
  assert.is(most, 3);
  const failing = looksAt([1, 2, 3, 4], async (one) => {
    if (one === 2) throw new CodedError('FAILED', 'the second');
  });
  await refusal('FAILED', () => failing);
});

test('a budget ends what takes a signal, and so does its caller', async () => {
  const late = new Budget(5);
  const signal = late.signal();
  // The budget alone keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  clearInterval(alive);
  assert.ok(isBudgetUp(signal.reason));
  await refusal('EXPLAIN_BUDGET', async () => late.check());
  const caller = new AbortController();
  const endless = new Budget(Number.POSITIVE_INFINITY, caller.signal);
  const other = endless.signal();
  endless.check();
  assert.is(other.aborted, false);
  caller.abort(new CodedError('ENOUGH', 'by the caller'));
  assert.is((other.reason as CodedError).code, 'ENOUGH');
  await refusal('ENOUGH', async () => endless.check());
  // Longer than a timer can wait.
  assert.is(new Budget(2 ** 40).signal().aborted, false);
});

test('that fewer images fit is said once, however often that was found out', async () => {
  const folder = temporaryFolder();
  for (const [i, side] of [8, 8, 16, 16, 32, 32].entries()) {
    const data = new Uint8Array(3 * side * side).map((_, at) => at % 251);
    writeFileSync(join(folder, `${i}.png`), encodePng({ width: side, height: side, data }));
  }
  const embedder = await Embedder.load(weightsFolder(DEMO_MODEL), { threads: 1 });
  const notices: string[] = [];
  const read: number[] = [];
  try {
    const options = { limit: 6, seed: 0, onNotice: (text: string) => notices.push(text) };
    const attempt = () => baselineImages(embedder, [folder], options, (count) => read.push(count), 4_000);
    await refusal('EXPLAIN_NO_LABELS', attempt);
  } finally {
    await embedder.close();
  }
  assert.is(notices.length, 1, notices.join());
  assert.match(notices[0]!, / images of the baseline are used: more would be over 512 MB\.$/);
  assert.is(read[0], 1);
});

// Images of the baseline that are kept in memory or in a file.

const HELD = [
  { height: 2, width: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i) },
  { height: 1, width: 1, data: Uint8Array.of(7, 8, 9) },
  { height: 3, width: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 255 - i) },
];

for (const [most, where] of [
  [1_000, 'in memory'],
  [20, 'in a file from the second one on'],
  [0, 'in a file'],
] as const) {
  test(`images come back as they were, ${where}`, async () => {
    const holder = new ImageHolder(most);
    for (const image of HELD) await holder.add(image);
    const held = await holder.finish();
    try {
      assert.is(held.length, 3);
      for (const index of [2, 0, 1, 2]) assert.equal(await held.at(index), HELD[index]);
    } finally {
      await held.close();
    }
  });
}

test('files of images have no name', async () => {
  const before = process.env['TMPDIR'];
  const folder = temporaryFolder();
  process.env['TMPDIR'] = folder;
  try {
    for (const isWanted of [true, false]) {
      const holder = new ImageHolder(0);
      for (const image of HELD) await holder.add(image);
      assert.equal(readdirSync(folder), []);
      if (isWanted) await (await holder.finish()).close();
      else await holder.discard();
      assert.equal(readdirSync(folder), []);
    }
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
