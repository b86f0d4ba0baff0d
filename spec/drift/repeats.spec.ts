import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  driftReport,
  fitProfile,
  mergeProfiles,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { effectiveShare, largestOfOthers } from '../../drift/rows/keys.js';
import { upperHypergeometricP } from '../../drift/tests/p-values.js';
import { assert, test } from '../support/test.js';
import { judged, shardsOf } from './support.js';

const COLUMNS = 8;

function rowsOf(rows: number, seed: number): Float32Array {
  const random = Random.stream(seed, 0);
  return Float32Array.from({ length: rows * COLUMNS }, () => random.normal());
}

const batchOf = (data: Float32Array): DriftBatch => ({
  embeddings: { rows: data.length / COLUMNS, columns: COLUMNS, data },
});

/** Rows of which a share was replaced, at random places; those of a smaller share are among them. */
function broken(rows: number, share: number, seed: number, row: (i: number) => Float32Array): DriftBatch {
  const data = rowsOf(rows, seed);
  const places = Random.stream(seed, 1).shuffle(Uint32Array.from({ length: rows }, (_, i) => i));
  for (const [i, place] of places.slice(0, Math.round(share * rows)).entries()) data.set(row(i), place * COLUMNS);
  return batchOf(data);
}

const BLACK = new Float32Array(COLUMNS).fill(0.5);
const FIVE = rowsOf(5, 9);
const noise = Random.stream(9, 1);
const KINDS: Readonly<Record<string, (i: number) => Float32Array>> = {
  black: () => BLACK,
  repeated: (i) => FIVE.subarray((i % 5) * COLUMNS, (i % 5) * COLUMNS + COLUMNS),
  'frozen, with noise': () => BLACK.map((value) => value + 0.01 * noise.normal()),
};

const profile = fitProfile(batchOf(rowsOf(2_000, 1)));

const reportOf = (batch: DriftBatch, against = profile, options = {}) => judged(against, batch, options);

test('more broken images never make the verdict quieter: 50 to 2,000 rows, all above a fifth are drift', () => {
  for (const [kind, row] of Object.entries(KINDS)) {
    for (const rows of [50, 300, 2_000]) {
      let before = 'no drift';
      for (const share of [0.05, 0.1, 0.15, 0.22, 0.5, 1]) {
        const { verdict } = reportOf(broken(rows, share, rows, row), profile, { draws: 199 });
        const where = `${kind}, ${100 * share} % of ${rows} rows: ${verdict} after ${before}`;
        if (share > 0.2) assert.is(verdict, 'drift', where);
        assert.not.ok(before === 'drift' && verdict !== 'drift', where);
        before = verdict!;
      }
    }
  }
});

test('a method that sees nothing does not say "too few rows" beside another that sees a change', () => {
  for (const share of [0.3, 0.5, 0.8]) {
    const { verdict, methods, no_estimate: refused, notes } = reportOf(broken(60, share, 3, KINDS['black']!));
    assert.is(verdict, 'drift');
    const said = Object.values(methods).map((method) => method?.verdict);
    assert.not.ok(said.includes('too few rows'), `${share}: ${said}`);
    assert.is(refused, notes[0]);
  }
  const { verdict, methods, no_estimate: refused } = reportOf(batchOf(rowsOf(30, 9)));
  assert.equal([verdict, methods['js']!.verdict], ['too few rows', 'too few rows']);
  assert.is(refused, 'the baseline has no class scores');
});

test('the note says how many, and why no accuracy is estimated; a baseline with as many is quiet', () => {
  const report = reportOf(broken(600, 0.5, 3, KINDS['black']!));
  assert.is(report.methods['repeats']!.verdict, 'drift', `${report.alarmed_by}`);
  assert.equal(report.notes, [
    '49.8 % of the images repeat others or look the same to the network; baseline: 0.0 %. So no accuracy is estimated',
  ]);
  assert.is(report.estimated_accuracy, null);
  const used = fitProfile(broken(2_000, 0.3, 4, KINDS['black']!));
  const quiet = reportOf(broken(600, 0.3, 5, KINDS['black']!), used);
  assert.equal([quiet.verdict, quiet.notes], ['no drift', []]);
  assert.ok(quiet.effective_rows > 400, `${quiet.effective_rows}`);
});

test('without repeats there is no such method, and nobody pays for it', () => {
  const { methods } = reportOf(batchOf(rowsOf(600, 6)));
  assert.equal(Object.keys(methods), ['js', 'mmd']);
  const copies = rowsOf(600, 6);
  copies.set(copies.subarray(0, 2 * COLUMNS), 2 * COLUMNS);
  assert.equal(Object.keys(reportOf(batchOf(copies)).methods), ['js', 'mmd'], 'two copies are no fault');
});

test('a row that repeats counts once, and takes nothing from the others', () => {
  const { effective_rows: effective, effective_by: by } = reportOf(broken(600, 0.1, 7, KINDS['black']!));
  assert.ok(Math.abs(effective - 541) < 1, `${effective}`);
  assert.is(by, 'repeats');
  const baseline = driftReport(fitProfile(broken(2_000, 0.1, 8, KINDS['black']!)), []).baseline;
  assert.ok(baseline.effective_rows > 1_700, `${baseline.effective_rows}`);
  // By hand: 540 rows and one; 100 clips of ten are 100, of whatever size 1 to 60 by Kish's formula.
  assert.is(600 * effectiveShare([...new Array(540).fill(1), 60]), 541);
  assert.is(1_000 * effectiveShare(new Array(100).fill(10)), 100);
  const sizes = Array.from({ length: 60 }, (_, i) => i + 1);
  assert.is(largestOfOthers(sizes), 60);
  assert.ok(Math.abs(1_830 * effectiveShare(sizes) - 1_830 ** 2 / 73_810) < 1e-9);
});

test('what is drawn of a baseline merges exactly, and is in its file', () => {
  assert.equal(parseProfile(profileToJson(profile), 'p.json'), profile);
  assert.is(profile.groups!.drawn.keys.length, 1_024);
  const merged = shardsOf(profile, batchOf(rowsOf(2_000, 1)), [0, 1_000]).reduce(mergeProfiles);
  assert.is(profileToJson(merged), profileToJson(profile));
});

test('one-sided p of two shares: what SciPy says', () => {
  // scipy.stats.hypergeom.sf(a - 1, m + n, a + b, m)
  assert.ok(Math.abs(upperHypergeometricP(4, 30, 1, 200) / 0.0010953576537367556 - 1) < 1e-9);
  assert.is(upperHypergeometricP(0, 30, 5, 200), 1);
  assert.ok(upperHypergeometricP(300, 600, 0, 2_500) < 1e-200);
});
