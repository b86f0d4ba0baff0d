/** The order of a file is no dependence: rows sorted by predicted class, and a step within a window. Clips in order still are. */
import { Random } from '../../base/index.js';
import { type DriftBatch, fitProfile } from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { judged } from './support.js';

const COLUMNS = 8;
const CLASSES = Array.from({ length: 10 }, (_, c) => `class ${c}`);
const fixed = new Random(5);
const CENTRES = CLASSES.map(() => Float32Array.from({ length: COLUMNS }, () => fixed.normal()));
/** Share of the predictions that are right. */
const RIGHT = 0.75;

interface Order {
  sorted?: boolean;
  /** Frames of a scene that follow each other. */
  frames?: number;
  /** First row that is moved. */
  movedFrom?: number;
}

/** Without labels: only predictions say which class a row is of. */
function rowsOf(rows: number, seed: number, { sorted = false, frames = 1, movedFrom = rows }: Order = {}): DriftBatch {
  const random = new Random(seed);
  const scenes = Array.from({ length: rows / frames }, () => ({
    of: random.below(CLASSES.length),
    at: Array.from({ length: COLUMNS }, () => random.normal()),
  }));
  if (sorted) scenes.sort((a, b) => a.of - b.of);
  const data = new Float32Array(rows * COLUMNS);
  const scores = new Float32Array(rows * CLASSES.length).fill(0.03);
  for (let row = 0; row < rows; row++) {
    const { of, at } = scenes[Math.floor(row / frames)]!;
    for (let c = 0; c < COLUMNS; c++) {
      const within = frames === 1 ? at[c]! : 0.9 * at[c]! + 0.44 * random.normal();
      data[row * COLUMNS + c] = CENTRES[of]![c]! + within + (row >= movedFrom ? 1.5 : 0);
    }
    const predicted = random.uniform() < RIGHT ? of : random.below(CLASSES.length);
    scores[row * CLASSES.length + predicted] = 0.73;
  }
  return {
    embeddings: { rows, columns: COLUMNS, data },
    scores: { rows, columns: CLASSES.length, data: scores },
  };
}

const profile = fitProfile(rowsOf(2_000, 1), { classes: CLASSES });

const reportOf = (batch: DriftBatch) => judged(profile, batch, { draws: 199 });

test('independent rows are worth as many, shuffled and sorted by class', () => {
  for (const seed of [11, 12, 13]) {
    for (const sorted of [false, true]) {
      const { effective_rows: effective } = reportOf(rowsOf(600, seed, { sorted }));
      assert.is(effective, 600, `seed ${seed}, ${sorted ? 'sorted' : 'shuffled'}`);
    }
  }
});

test('clips in order are found, also within classes of a file that is sorted by them', () => {
  for (const sorted of [false, true]) {
    const { effective_rows: effective, effective_by: by } = reportOf(rowsOf(1_000, 21, { sorted, frames: 10 }));
    assert.is(by, 'row order');
    assert.ok(effective < 450, `${sorted ? 'sorted' : 'in turns'}: ${effective}`);
  }
});

test('a step within a window is told, and makes no clip of its rows', () => {
  const { effective_rows: effective, verdict, notes } = reportOf(rowsOf(600, 31, { movedFrom: 300 }));
  assert.ok(effective > 540, `${effective}`);
  assert.is(verdict, 'drift');
  const [, row] = /^from about row (\d+) on, the images are unlike those before$/.exec(notes[0]!)!;
  assert.ok(Math.abs(Number(row) - 300) <= 30, row);
  assert.equal(reportOf(rowsOf(600, 32, { movedFrom: 0 })).notes, [], 'all of it moved');
  assert.equal(reportOf(rowsOf(1_000, 21, { frames: 10 })).notes, [], 'clips');
});
