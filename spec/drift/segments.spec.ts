import { Random } from '../../base/index.js';
import {
  type DriftBatch,
  fitProfile,
  mergeProfiles,
  mergeWindowSummaries,
  type Profile,
  parseProfile,
  profileToJson,
  type SegmentReport,
  type WindowSummary,
} from '../../drift/index.js';
import { amount, assert, test } from '../support/test.js';
import { judged, partOf, pluck, refused, shardsOf, summaryOf } from './support.js';

const COLUMNS = 6;
const CAMERAS = ['north', 'east', 'south', 'west'];
const CLASSES = ['a', 'b'];

interface Faults {
  /** Cameras that see the first mode alone. */
  broken?: readonly string[];
  /** Cameras whose images are a little darker. */
  dark?: readonly string[];
}

/** Rows of four cameras; each sees its own mix of five modes, in its own light. */
function rowsOf(rows: number, random: Random, { broken = [], dark = [] }: Faults = {}): DriftBatch {
  const [brightness, contrast] = [new Float32Array(rows), new Float32Array(rows)];
  const data = new Float32Array(rows * COLUMNS);
  const scores = new Float32Array(rows * 2);
  const cameras: string[] = [];
  const targets: string[] = [];
  for (let row = 0; row < rows; row++) {
    const camera = random.below(CAMERAS.length);
    cameras.push(CAMERAS[camera]!);
    const isBroken = broken.includes(CAMERAS[camera]!);
    const mode = isBroken ? 0 : (camera + random.below(3)) % 5;
    for (let c = 0; c < COLUMNS; c++) data[row * COLUMNS + c] = (c === mode ? 8 : 0) + random.normal();
    const confidence = 0.6 + 0.3 * random.uniform();
    scores.set([confidence, 1 - confidence], row * 2);
    brightness[row] = camera + random.normal() - (dark.includes(CAMERAS[camera]!) ? 1 : 0);
    contrast[row] = brightness[row]! + random.normal();
    targets.push(random.uniform() < (isBroken ? 0.5 : 0.9) ? 'a' : 'b');
  }
  return {
    embeddings: { rows, columns: COLUMNS, data },
    scores: { rows, columns: 2, data: scores },
    targets,
    segments: { camera: cameras },
    statistics: { brightness, contrast },
  };
}

const profile = fitProfile(rowsOf(4_000, new Random(1)), { classes: CLASSES }, { restarts: 2 });

function counted(batch: DriftBatch, against: Profile = profile): WindowSummary {
  return summaryOf(against, batch, { sampleRows: 0 });
}

function segmentsOf(batch: DriftBatch, against: Profile = profile, methods?: string[]): SegmentReport[] {
  return judged(against, counted(batch, against), { draws: 499, methods }).segments!;
}

test('one camera drifts and loses accuracy: it comes first, the others are as they were', () => {
  const [first, ...others] = segmentsOf(rowsOf(2_000, new Random(2), { broken: ['south'] }));
  assert.equal([first!.by, first!.value, first!.verdict, first!.alarmed_by], ['camera', 'south', 'drift', 'js']);
  assert.ok(first!.distance! > first!.band![1] && first!.p! <= 0.05);
  assert.is(first!.accuracy_test!.verdict, 'lower');
  assert.is(first!.baseline_rows, profile.segments!.get('camera')!.get('south')!.rows);
  assert.equal(pluck(others, 'verdict'), ['no drift', 'no drift', 'no drift']);
  assert.ok(others.every(({ accuracy_test: test }) => test!.verdict === 'within chance'));
});

test('a camera in less light alarms by the statistics of its images, as a window does; clusters alone do not see it', () => {
  const batch = rowsOf(2_000, new Random(2), { dark: ['east'] });
  const [first, ...others] = segmentsOf(batch);
  assert.equal([first!.value, first!.verdict, first!.alarmed_by], ['east', 'drift', 'images']);
  assert.equal(Object.keys(first!.methods), ['js', 'confidence', 'images']);
  const { value, band, p, details } = first!.methods['images']!;
  assert.ok(value > band![1] && p <= 0.05 && first!.p === p);
  assert.equal([details!['statistic'], details!['direction']], ['brightness', 'lower']);
  assert.ok(first!.distance! <= first!.band![1]);
  assert.ok(others.every(({ verdict, alarmed_by: by }) => verdict === 'no drift' && by === null));
  for (const methods of [['js'], ['mmd']]) {
    const alone = segmentsOf(batch, profile, methods);
    assert.ok(
      alone.every(({ verdict, methods: voted }) => verdict === 'no drift' && Object.keys(voted).join() === 'js'),
    );
  }
});

test('segments of which not all is counted that the reference counts are refused', () => {
  const json = JSON.parse(profileToJson(profile)) as { segments: { values: { reference: unknown }[] }[] };
  json.segments[0]!.values[0]!.reference = null;
  const parse = () => parseProfile(JSON.stringify(json), 'p.json');
  refused(parse, 'PROFILE_SEGMENTS_INVALID', /reference\..*: 0 bins with 0 rows, \d+ with at most/);
});

test('without drift, one window in twenty has a segment that is called drift, not one in five', () => {
  const windows = amount(400, 60);
  let alarmed = 0;
  for (let i = 0; i < windows; i++) {
    const random = Random.stream(3, i);
    const own = fitProfile(rowsOf(1_500, random), { classes: CLASSES }, { restarts: 1, seed: i });
    if (segmentsOf(rowsOf(600, random), own).some(({ verdict }) => verdict === 'drift')) alarmed++;
  }
  // At 5 %, more than 9 of 60 come in one of 1,000 such runs.
  assert.ok(alarmed <= Math.max(9, 0.1 * windows), `${alarmed} of ${windows}`);
});

test('small segments, and those that the baseline lacks, are too few rows', () => {
  const few = segmentsOf(rowsOf(40, new Random(4)));
  assert.ok(few.every(({ verdict }) => verdict === 'too few rows'));
  const batch = rowsOf(400, new Random(5));
  const unknown = { ...batch, segments: { camera: batch.segments!['camera']!.map(() => 'roof') } };
  const [roof] = segmentsOf(unknown);
  assert.equal([roof!.verdict, roof!.baseline_rows, roof!.distance, roof!.p], ['too few rows', 0, null, null]);
});

test('rows in no segment are in none; without segments there are none', () => {
  const batch = rowsOf(400, new Random(6));
  const half = { ...batch, segments: { camera: batch.segments!['camera']!.map((name, i) => (i % 2 ? name : null)) } };
  assert.is(
    segmentsOf(half).reduce((sum, { rows }) => sum + rows, 0),
    200,
  );
  const { segments: _, ...bare } = batch;
  assert.is(judged(profile, counted(bare), { draws: 19 }).segments, null);
  assert.is(fitProfile(bare, { classes: CLASSES }, { restarts: 1 }).segments, null);
});

test('the profile keeps them; shards and parts of a window add up to the whole', () => {
  const text = profileToJson(profile);
  assert.equal(parseProfile(text, 'p.json'), profile);
  const batch = rowsOf(900, new Random(7));
  const whole = fitProfile(batch, { classes: CLASSES }, { restarts: 1 });
  assert.is(profileToJson(shardsOf(whole, batch, [0, 400]).reduce(mergeProfiles)), profileToJson(whole));
  const [left, right] = [counted(partOf(batch, 0, 400)), counted(partOf(batch, 400, 900))];
  assert.equal(mergeWindowSummaries(profile, right, left).segments, counted(batch).segments);
});

test('a column of ids is refused, and so is a profile whose segments disagree', () => {
  const batch = rowsOf(400, new Random(8));
  const ids = { ...batch, segments: { frame: Array.from({ length: 400 }, (_, i) => `${i}`) } };
  refused(() => counted(ids), 'SEGMENTS_TOO_MANY', /column frame has more than 200 values/);
  interface Value {
    rows: number;
    correct: number;
    reference: { confidence: number[]; statistics: Record<string, number[]> };
  }
  const json = JSON.parse(profileToJson(profile)) as { segments: { values: Value[] }[] };
  const refuses = (change: (value: Value) => void, message: RegExp) => {
    const copy = structuredClone(json);
    change(copy.segments[0]!.values[0]!);
    refused(() => parseProfile(JSON.stringify(copy), 'p.json'), 'PROFILE_SEGMENTS_INVALID', message);
  };
  refuses((value) => value.rows++, /segments\.camera\.east\.clusters: 5 clusters with .* would fit/);
  refuses((value) => Object.assign(value, { correct: 10_000 }), /segments\.camera\.east: 10,000 correct of/);
  refuses(({ reference }) => reference.confidence.pop(), /east\.reference\.confidence: \d+ bins with .* would fit/);
  refuses(({ reference }) => {
    reference.statistics['brightness']![0] = 10_000;
  }, /east\.reference\.statistics\.brightness: .* 10,\d+ rows, /);
});
