import { Random } from '../../base/index.js';
import { type DriftBatch, driftReport, fitProfile } from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { summaryOf } from './support.js';

const COLUMNS = 16;
const fixed = new Random(3);
const CENTRES = Array.from({ length: 10 }, () => Float32Array.from({ length: COLUMNS }, () => 3 * fixed.normal()));

/** Frames of clips of ten in any order. */
function shuffled(clips: number, seed: number, noise = 0.1, frames = 10): DriftBatch {
  const random = new Random(seed);
  const scenes = Array.from({ length: clips }, () => {
    const centre = CENTRES[random.below(CENTRES.length)]!;
    return centre.map((value) => value + random.normal());
  });
  const order = random.shuffle(Uint32Array.from({ length: clips * frames }, (_, row) => Math.floor(row / frames)));
  const data = new Float32Array(order.length * COLUMNS);
  for (const [row, clip] of order.entries()) {
    data.set(
      scenes[clip]!.map((value) => value + noise * random.normal()),
      row * COLUMNS,
    );
  }
  return { embeddings: { rows: order.length, columns: COLUMNS, data } };
}

const profile = fitProfile(shuffled(300, 1), {}, { restarts: 1 });

function reportOf(batch: DriftBatch, against = profile) {
  return driftReport(against, [{ name: 'window', summary: summaryOf(against, batch) }], { draws: 199 });
}

test('3,000 frames of 300 shuffled clips are worth about 300, a window of 100 clips about 100', () => {
  const { baseline, windows } = reportOf(shuffled(100, 2));
  assert.ok(Math.abs(baseline.effective_rows - 300) < 30, `${baseline.effective_rows}`);
  assert.is(baseline.effective_by, 'near-duplicates');
  assert.ok(Math.abs(windows[0]!.effective_rows - 100) < 15, `${windows[0]!.effective_rows}`);
  assert.is(windows[0]!.effective_by, 'near-duplicates');
});

test('quiet windows of shuffled clips alarm seldom', () => {
  let alarms = 0;
  for (let i = 0; i < 16; i++) if (reportOf(shuffled(100, 100 + i)).windows[0]!.verdict === 'drift') alarms++;
  assert.ok(alarms <= 3, `${alarms} of 16`);
});

test('single images of a network that tells classes apart well are no clips, though many are as near', () => {
  const random = new Random(6);
  const rows = 1_000;
  const data = new Float32Array(rows * COLUMNS);
  for (let row = 0; row < rows; row++) {
    const centre = CENTRES[random.below(CENTRES.length)]!;
    // A class lies in a few directions.
    data.set(
      centre.map((value, c) => value + (c < 3 ? 1.5 : 0) * random.normal()),
      row * COLUMNS,
    );
  }
  const tight = fitProfile({ embeddings: { rows, columns: COLUMNS, data } }, {}, { restarts: 1 });
  const { baseline } = reportOf({ embeddings: { rows, columns: COLUMNS, data } }, tight);
  assert.is(baseline.effective_by, null);
  assert.is(baseline.effective_rows, rows);
});

test('a baseline without clips does not take a window of near copies for one', () => {
  const plain = fitProfile(shuffled(2_000, 4, 0, 1));
  const { windows } = reportOf(shuffled(20, 5, 0.01, 30), plain);
  assert.equal([windows[0]!.verdict, windows[0]!.methods['repeats']!.verdict], ['drift', 'drift']);
});
